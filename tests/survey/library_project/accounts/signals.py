from django.dispatch import Signal

reader_left = Signal()
