from contracts.repairs import LampBroken
from modules.lamps import service


def on_lamp_broken(event: LampBroken) -> None:
    service.give_up(event.lamp_id)
