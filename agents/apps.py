from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgentsConfig(AppConfig):
    name = "agents"
    verbose_name = _("Agents")

    def ready(self) -> None:
        # Models can be imported only now.
        from agents import belongings
        from agents.actions.answers import OurCrew
        from agents.audited import EVENTS
        from agents.bylines import attempt_names, moments
        from agents.origins import origins
        from writing import audit
        from writing import belongings as writing_belongings
        from writing import origins as writing_origins
        from writing.bylines import register
        from writing.crew import enlist

        register(attempt_names, moments)
        audit.register(EVENTS)
        writing_belongings.register(belongings.files_of, belongings.stop, belongings.delete)
        enlist(OurCrew())
        writing_origins.register(origins)
