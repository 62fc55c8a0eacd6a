from seamline import apps


class EchoConfig(apps.ModuleConfig):
    name = "modules.echo"
