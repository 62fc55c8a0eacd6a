"""Personal data is encrypted where it is stored, with keys that rotate; what is looked up has a keyed digest beside it.

    class Member(models.Model):
        email = EncryptedTextField()
        email_digest = DigestField("email", unique=True)

    Member.objects.filter(matches("email", "eve@example.com"))

Each value names its key, so what is left of an older one is found in SQL, and `manage.py personal-data rotate` goes on
where it was ended. The decision is ADR 21.
"""

from seamline.encryption.cipher import CannotDecrypt, decrypt, decrypt_bytes, encrypt, encrypt_bytes
from seamline.encryption.fields import DigestField, EncryptedBinaryField, EncryptedField, EncryptedTextField, matches

__all__ = [
    "CannotDecrypt",
    "DigestField",
    "EncryptedBinaryField",
    "EncryptedField",
    "EncryptedTextField",
    "decrypt",
    "decrypt_bytes",
    "encrypt",
    "encrypt_bytes",
    "matches",
]
