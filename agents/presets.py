"""Well-known providers: what is known of each before an administrator has typed a word."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True)
class Preset:
    """`hosts` and `port` recognise a provider by its address; `hint` says where the key is from."""

    slug: str
    name: str
    base_url: str
    hint: Promise
    hosts: tuple[str, ...] = ()
    port: int | None = None
    concurrency: int = 64

    def fits(self, base_url: str) -> bool:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        if self.port:
            return host in LOCAL_HOSTS and parts.port == self.port
        return any(host == known or host.endswith(f".{known}") for known in self.hosts)


LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

PRESETS = (
    Preset(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        _("Make a key at platform.openai.com, under API keys."),
        hosts=("api.openai.com",),
    ),
    Preset(
        "cohere",
        "Cohere",
        "https://api.cohere.ai/compatibility/v1",
        _(
            "Make a key at dashboard.cohere.com, under API keys. A trial key allows few calls a "
            "minute: enter how many under Limits."
        ),
        hosts=("api.cohere.ai", "api.cohere.com"),
        concurrency=16,
    ),
    Preset(
        "huggingface",
        "Hugging Face",
        "https://router.huggingface.co/v1",
        _(
            "Make a token at huggingface.co/settings/tokens that may make calls to Inference "
            "Providers."
        ),
        hosts=("router.huggingface.co",),
        concurrency=32,
    ),
    Preset(
        "azure",
        "Azure OpenAI",
        "https://YOUR-RESOURCE.openai.azure.com/openai/v1",
        _(
            "Put your resource's name into the address. The key is in the Azure portal, under Keys "
            "and Endpoint of the resource. A model's name here is the name of its deployment."
        ),
        hosts=("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
    ),
    Preset(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        _("Needs no key. Fetch a model first: ollama pull, and its name."),
        port=11434,
        concurrency=4,
    ),
    Preset(
        "vllm",
        "vLLM",
        # Its own default, 8000, is ours as well.
        "http://localhost:8100/v1",
        _(
            "Needs a key only if it was started with --api-key. Give it a port of its own: "
            "vllm serve MODEL --port 8100."
        ),
        port=8100,
    ),
    Preset(
        "llama-cpp",
        "llama.cpp",
        "http://localhost:8080/v1",
        _(
            "Needs a key only if it was started with --api-key. Calls at once are its slots: "
            "llama-server --parallel 4."
        ),
        port=8080,
        concurrency=4,
    ),
)


def bundled() -> Preset:
    """The model server that comes with Scriptorium, for whoever has deleted it."""
    return Preset(
        "local",
        gettext_noop("Bundled model"),
        f"http://127.0.0.1:{settings.LOCAL_MODEL_PORT}/v1",
        _("Needs no key. It is on this machine and starts with Scriptorium."),
        port=settings.LOCAL_MODEL_PORT,
        concurrency=4,
    )


def named(slug: str) -> Preset | None:
    return next((preset for preset in (*PRESETS, bundled()) if preset.slug == slug), None)


def preset_of(base_url: str) -> Preset | None:
    """The well-known provider with this address."""
    return next((preset for preset in (*PRESETS, bundled()) if preset.fits(base_url)), None)
