"""Secrets at rest: encrypted by KMS, bound to their channel."""

from typing import TYPE_CHECKING

from kanal.ids import ChannelId

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class Secrets:
    """The channel id is the encryption context: a ciphertext moved to another channel does not decrypt."""

    def __init__(self, key_id: str, client: "KMSClient") -> None:
        self._key_id = key_id
        self._client = client

    def encrypt(self, channel_id: ChannelId, plaintext: str) -> bytes:
        answer = self._client.encrypt(
            KeyId=self._key_id, Plaintext=plaintext.encode(), EncryptionContext={"channel_id": channel_id}
        )
        return answer["CiphertextBlob"]

    def decrypt(self, channel_id: ChannelId, ciphertext: bytes) -> str:
        answer = self._client.decrypt(
            KeyId=self._key_id, CiphertextBlob=ciphertext, EncryptionContext={"channel_id": channel_id}
        )
        return answer["Plaintext"].decode()
