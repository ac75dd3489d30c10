"""Goes through the calls that a draft will make, before it makes them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agents import prompts
from agents.actions.steps import prefix_of
from agents.budget import cost_of, is_priced
from agents.choice import model_of
from agents.estimate import NO_TIME, NOTHING, Estimate, StageEstimate, Tokens, plus
from agents.exceptions import NoModel
from agents.llm_types import Message, Usage
from agents.models import Model, Run, Stage, StageKind, Workflow
from agents.pace import Pace, Range, pace_of
from agents.tokens import CHARACTERS_PER_TOKEN, estimate_prompt_tokens, estimate_tokens
from writing.models import Document, Section

# A sentence that is to be judged has its number before it.
NUMBERED = Range(1.15, 1.15, 1.15)
# Of the sections, how many have sentences that repeat another's.
SHARE_THAT_REPEATS = Range(0.0, 0.2, 1.0)


def scaled(tokens: Tokens, factors: Range[float]) -> Tokens:
    return Range(*(round(a * b) for a, b in zip(tokens, factors, strict=True)))


def of(value: float) -> Tokens:
    """The same at both ends."""
    return Range(round(value), round(value), round(value))


def estimate_draft(
    document: Document,
    workflow: Workflow,
    sections: Sequence[Section],
    *,
    instruction: str = "",
    present: Sequence[Section] | None = None,
) -> Estimate | None:
    """None without sections or where no model is set up. `present` are all sections of a document
    that is not in the database."""
    stages = list(
        workflow.stages.exclude(kind=StageKind.PLAN).select_related(
            "role__model__provider", "model__provider", "escalation_model"
        )
    )
    try:
        models = {stage.pk: stage.model or model_of(stage.role) for stage in stages}
    except NoModel:
        return None
    if not stages or not sections:
        return None
    if present is None:
        present = list(document.sections.present())
    return Forecast(document, workflow, stages, models, sections, present, instruction).estimate()


class Forecast:
    """The draft's stages over its sections, with the prompts as they will be."""

    def __init__(
        self,
        document: Document,
        workflow: Workflow,
        stages: Sequence[Stage],
        models: Mapping[int, Model],
        sections: Sequence[Section],
        present: Sequence[Section],
        instruction: str,
    ) -> None:
        self._present, self._sections = present, sections
        self._run = Run(document=document, workflow=workflow, instruction=instruction.strip())
        self._run.shared_prefix = prefix_of(self._run, self._present, drafted=sections)
        self._prefix = estimate_tokens(self._run.shared_prefix)
        self._stages, self._models = stages, models
        self._paces: dict[int, Pace] = {
            model.pk: pace_of(model, document.language) for model in set(models.values())
        }
        self._warm: set[int] = set()  # models that have read the shared prefix
        self._largest_call = Decimal(0)
        # By provider: seconds of all its calls, and how many these are.
        self._busy: dict[int, Range[float]] = {}
        self._calls: dict[int, Range[float]] = {}

    def estimate(self) -> Estimate:
        rows = [
            StageEstimate(
                stage.position,
                stage.kind,
                stage.role.label,
                self._models[stage.pk].name,
                is_priced(self._models[stage.pk]),
            )
            for stage in self._stages
        ]
        longest = NO_TIME
        for section in self._sections:
            chain = NO_TIME
            text, read = self._text_of(section), NOTHING
            for stage, row in zip(self._stages, rows, strict=True):
                own, answer = self._own(stage, section), self._answer(stage, section)
                times = _times(stage, self._stages)
                if stage.kind == StageKind.WRITE:
                    prompt, known, text = plus(of(self._prefix), own), self._prefix, answer
                elif stage.kind == StageKind.CRITIQUE:
                    numbered = scaled(text, NUMBERED)
                    prompt, known = plus(plus(of(self._prefix), own), numbered), self._prefix
                    read = plus(prompt, answer)
                elif stage.kind == StageKind.EDIT:
                    prompt, known = plus(plus(read, own), answer), read.likely
                else:
                    prompt, known = plus(of(self._prefix), own), self._prefix
                seconds = self._add(stage, row, prompt, known, answer, times)
                row.seconds = Range(*map(max, row.seconds, seconds))
                chain = plus(chain, seconds)
            longest = Range(*map(max, longest, chain))
        return Estimate(rows, self._bounded(longest), self._largest_call, self._throughput())

    def _add(
        self,
        stage: Stage,
        row: StageEstimate,
        prompt: Tokens,
        known: int,
        answer: Tokens,
        times: Range[float],
    ) -> Range[float]:
        """Count the stage's calls for one section; gives their seconds."""
        model = self._models[stage.pk]
        pace = self._paces[model.pk]
        # As it is reserved: each byte of the prompt a token, and the longest answer.
        most = Usage(round(prompt.high * CHARACTERS_PER_TOKEN), 0, stage.role.max_tokens)
        self._largest_call = max(self._largest_call, cost_of(model, most))
        prompt = Range(*(round(tokens * pace.prompt_share) for tokens in prompt))
        known = round(known * pace.prompt_share) if model.pk in self._warm else 0
        self._warm.add(model.pk)
        if stage.kind in pace.cached_share:
            known = round(prompt.likely * pace.cached_share[stage.kind])
        dearest = max((model, stage.escalation_model or model), key=lambda each: each.output_price)
        once = Range(
            cost_of(model, Usage(prompt.low, min(known, prompt.low), answer.low)),
            cost_of(model, Usage(prompt.likely, min(known, prompt.likely), answer.likely)),
            cost_of(dearest, Usage(prompt.high, 0, answer.high)),
        )
        row.prompt = plus(row.prompt, scaled(prompt, times))
        row.completion = plus(row.completion, scaled(answer, times))
        amounts = zip(once, times, strict=True)
        row.cost = plus(row.cost, Range(*(cost * Decimal(str(n)) for cost, n in amounts)))
        first, speed = pace.first_token, pace.tokens_per_second
        seconds = Range(
            times.low * (first.low + answer.low / speed.high),
            times.likely * (first.likely + answer.likely / speed.likely),
            times.high * (first.high + answer.high / speed.low),
        )
        busy = self._busy.get(model.provider_id, NO_TIME)
        self._busy[model.provider_id] = plus(busy, seconds)
        calls = self._calls.get(model.provider_id, NO_TIME)
        self._calls[model.provider_id] = plus(calls, times)
        return seconds

    def _throughput(self) -> Range[float]:
        """Seconds until the next such draft is done where many are made one beside the other: what
        the busiest provider allows."""
        seconds = NO_TIME
        for provider in {self._models[stage.pk].provider for stage in self._stages}:
            at_once = Range(*(busy / provider.concurrency for busy in self._busy[provider.pk]))
            seconds = Range(*map(max, seconds, at_once))
            if provider.requests_per_minute:
                calls = self._calls[provider.pk]
                paced = Range(*(60 * count / provider.requests_per_minute for count in calls))
                seconds = Range(*map(max, seconds, paced))
        return seconds

    def _bounded(self, longest: Range[float]) -> Range[float]:
        """The longest chain of calls, or longer where a provider takes only so many at once."""
        for stage in self._stages:
            provider = self._models[stage.pk].provider
            busy = self._busy[provider.pk]
            at_once = Range(*(seconds / provider.concurrency for seconds in busy))
            longest = Range(*map(max, longest, at_once))
        return longest

    def _text_of(self, section: Section) -> Tokens:
        """The section as it is, for a workflow that does not write it anew."""
        lengths = self._paces[self._models[self._stages[0].pk].pk].lengths[StageKind.WRITE]
        return scaled(of(section.word_count), lengths)

    def _answer(self, stage: Stage, section: Section) -> Tokens:
        lengths = self._paces[self._models[stage.pk].pk].lengths[stage.kind]
        most = stage.role.max_tokens
        return Range(*(min(most, round(section.target_words * each)) for each in lengths))

    def _own(self, stage: Stage, section: Section) -> Tokens:
        """What the prompt holds besides the shared prefix and the section's text."""
        asked = (self._run, stage.role, section, self._present)
        model = self._models[stage.pk]
        messages: list[Message]
        match stage.kind:
            case StageKind.WRITE:
                messages = prompts.write_messages(*asked, model=model)[1:]
            case StageKind.CRITIQUE:
                messages = prompts.critique_messages(*asked, [], model=model)[1:]
            case StageKind.EDIT:
                messages = prompts.edit_messages(*asked, [], [], "", model=model)
            case _:
                messages = prompts.harmonise_messages(*asked, [], model=model)[1:]
        return of(estimate_prompt_tokens(messages))


def _times(stage: Stage, stages: Sequence[Stage]) -> Range[float]:
    """How often the stage works on a section."""
    if stage.kind == StageKind.HARMONISE:
        return SHARE_THAT_REPEATS
    critics = [each for each in stages if each.kind == StageKind.CRITIQUE and each.threshold]
    if stage.kind == StageKind.WRITE or not critics:
        return Range(1.0, 1.0, 1.0)
    rounds = max(each.rounds for each in critics)
    # A critic who is content at once leaves the editor nothing to do.
    fewest = 1.0 if stage.kind == StageKind.CRITIQUE else 0.0
    return Range(fewest, (1 + rounds) / 2, float(rounds))
