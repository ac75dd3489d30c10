from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgentsConfig(AppConfig):
    name = "agents"
    verbose_name = _("Agents")

    def ready(self) -> None:
        from agents.actions.answers import OurCrew  # models are there only now
        from writing.crew import enlist

        enlist(OurCrew())
