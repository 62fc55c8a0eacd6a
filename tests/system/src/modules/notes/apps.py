from seamline import apps


class NotesConfig(apps.ModuleConfig):
    name = "modules.notes"
