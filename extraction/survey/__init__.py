"""Any Django project, read and never run: its apps, their couplings, and who could leave at what price."""

from extraction.survey.report import NoDjangoProject, Survey, survey

__all__ = ["NoDjangoProject", "Survey", "survey"]
