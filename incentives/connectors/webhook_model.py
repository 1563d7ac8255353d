"""What the file of a connector that receives signed messages may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from incentives.connectors.fields import Count, Texts, Variable
from incentives.connectors.model import MappedConnector


class WebhookConnector(MappedConnector):
    """Signed messages that a source sends.

    Attributes:
        scheme: How the provider signs: Shopify, Zendesk, or Meta (WhatsApp, Messenger, Instagram).
        secret_env: Variables with the signing secrets; two are valid at a time while one replaces the other.
        challenge_env: Variable with the word that Meta sends when the address is registered.
        spool_rows_max: With more rows than that not yet in the inbox, messages are answered 503.
        rotate_seconds: How often the spool is emptied into the inbox.
        rotate_rows: It is emptied earlier when it holds that many rows.
    """

    kind: Literal["webhook"]
    scheme: Literal["shopify", "zendesk", "meta"]
    secret_env: Annotated[Texts, Field(min_length=1, max_length=2)]
    challenge_env: Variable | None = None
    spool_rows_max: Count = 1_000_000
    rotate_seconds: Count = 300
    rotate_rows: Count = 20_000

    @model_validator(mode="after")
    def _challenge_is_metas(self) -> WebhookConnector:
        if (self.scheme == "meta") != (self.challenge_env is not None):
            raise ValueError("challenge_env is required by the scheme meta, and of no use to others")
        return self
