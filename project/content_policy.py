"""Which scripts and styles a page may use: settings.py says it for all, this for the exceptions."""

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# django-unfold's templates hold Alpine.js expressions, which Alpine compiles with `new Function`,
# a <style> with the colours, and styles that its widgets set as attributes. Inline scripts stay
# forbidden there too.
ADMINISTRATION = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}


class ContentPolicyMiddleware(CSPMiddleware):
    """Sends the policy with every answer that does not bring one of its own."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.resolver_match and "admin" in request.resolver_match.app_names:
            parts.update = ADMINISTRATION
        return parts
