"""A ratchet for a Django project of any layout: no new coupling between its modules, and none that comes back."""
