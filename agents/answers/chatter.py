"""How models speak of their task, before and after doing it, instead of only doing it."""

import re

# The first words that make a sentence suspect; `is_opening` decides when it is complete.
OPENINGS = (
    "sure",
    "certainly",
    "of course",
    "absolutely",
    "okay",
    "ok",
    "alright",
    "great",
    "here is",
    "here's",
    "here’s",
    "here are",
    "below is",
    "the following is",
    "this is the",
    "i'd be happy",
    "i would be happy",
    "i'll ",
    "i’ll ",
    "i will ",
    "i have ",
    "i've ",
    "let me ",
    "let's write",
    "as an ai",
    "as requested",
    "as a ",
    "thank you for",
    "continuing",
    "continued",
    "continuation",
    "好的",
    "当然",
    "以下是",
    "下面是",
    "这是",
    "没问题",
    "作为",
)
# Where a sentence that is suspect as an ending begins; `is_closing` decides at the very end.
CLOSINGS = (
    "let me know",
    "please let me",
    "i hope ",
    "feel free",
    "would you like",
    "do you want me",
    "if you have any",
    "if you need any",
    "if you'd like",
    "if you would like",
    "is there anything",
    "word count",
    "(word count",
    "(approximately ",
    "(about ",
    "note: ",
    "note that this",
    "[end",
    "end of section",
    "this section ",
    "this revised",
    "希望这",
    "希望以上",
    "如果您",
    "如果你需要",
    "如需",
    "请告诉我",
    "字数",
    "（字数",
    "（约",
)
# Labels of our own prompts; a model that writes them has begun to play the next turn.
ECHOES = ("ROLE:", "SECTION:", "SECTIONS:", "WORDS:", "<|", "</s>", "[/INST]")

_WORK = (
    r"(section|paragraph|passage|text|version|draft|rewrite|revision|article|essay|story|post"
    r"|report|screenplay|scene|thread|continuation|content|response|answer|summary|piece)"
)
_REQUEST = (
    r"(revised|rewritten|edited|improved|requested|you asked|your (brief|request|outline)"
    r"|the (brief|outline)|continuation of|language model|\bas an ai\b)"
)
_AGREEMENT = re.compile(
    r"(sure( thing)?|certainly|of course|absolutely|okay|ok|alright|great|no problem)"
    r"(\s*[!.:\n]|,?\s+(here|i|let|below)\b)|(好的|当然|没问题)\s*[,，!！.。：:]",
    re.IGNORECASE,
)
_ABOUT_WORK = re.compile(rf"\b{_WORK}\b", re.IGNORECASE)
_ABOUT_REQUEST = re.compile(_REQUEST, re.IGNORECASE)
_ABOUT_WORK_CHINESE = re.compile(
    r"正文|章节|这一节|本节|这段|段落|文章|修改后|改写|续写|内容|故事|版本|人工智能|语言模型"
)
_CLOSING = re.compile(
    r"(please )?let me know\b"
    r"|i hope (this|that|it|you)\b.*(help|useful|meets|enjoy|find this|what you)"
    r"|feel free to (ask|reach|let|modify|adjust|use|edit|change|make)"
    r"|(would you like|do you want) me\b"
    r"|if you (have|need) any\b.*(question|change|help|assist|revis|further|more)"
    r"|if you('d| would) like\b.*(me|change|revis|further|more|version)"
    r"|is there anything\b.*(else|change|add)"
    r"|\(?word count\b|\((approximately|about) \d+ words\)"
    r"|note(: | that ).*\b(section|text|words|brief|draft|word count)\b"
    r"|\[?end( of section)?\b"
    r"|this (section|revised \w+) (is|has|was|aims|provides|meets)\b.*"
    r"(words|brief|tone|reader|remarks?|instruction)"
    r"|希望(这|以上).*(帮助|满意|要求)|如果(您|你)?(需要|还有|有|想).*(修改|问题|帮助|调整|告诉)"
    r"|如需|请告诉我|（?字数|（约\s*\d+\s*字）",
    re.IGNORECASE | re.DOTALL,
)


def could_begin(text: str, phrases: tuple[str, ...]) -> bool:
    """Whether one of the phrases begins the text, or still might when more of it arrives."""
    text = text.casefold()
    return any(text.startswith(phrase) or phrase.startswith(text) for phrase in phrases)


def begins(text: str, phrases: tuple[str, ...]) -> bool:
    return text.casefold().startswith(phrases)


def is_opening(sentence: str) -> bool:
    """Whether a complete first sentence, with its end mark, speaks of the task."""
    if _AGREEMENT.match(sentence):
        return True
    if not begins(sentence, OPENINGS):
        return False
    if _ABOUT_REQUEST.search(sentence):
        return True
    ends_as_announcement = sentence.rstrip(" ").endswith((":", "：", "\n"))
    about = _ABOUT_WORK.search(sentence) or _ABOUT_WORK_CHINESE.search(sentence)
    return bool(about) and ends_as_announcement


def is_closing(text: str) -> bool:
    """Whether what stands at the very end speaks to the reader of the answer."""
    return bool(_CLOSING.match(text.strip()))
