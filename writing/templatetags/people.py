from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.utils.safestring import SafeString

from writing.mentions import marked_body
from writing.models import Comment
from writing.people import Identity, identity_of

register = template.Library()


@register.filter
def identity(user: AbstractBaseUser) -> Identity:
    """The name and the tone under which a person is shown."""
    return identity_of(user)


@register.filter
def identity_name(user: AbstractBaseUser) -> str:
    """The name alone."""
    return identity_of(user)["name"]


@register.filter
def said(comment: Comment) -> SafeString:
    """What a comment says, with its mentions marked."""
    return marked_body(comment)
