from contracts.echo import Line


def echo(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return lines
