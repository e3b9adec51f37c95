"""Reads a template as WhatsApp lists it. Tolerant: a field that is missing or odd never hides a template."""

from collections.abc import Mapping
from typing import Any

from kanal.templates.model import Template


def template_from(listed: Mapping[str, Any]) -> Template | None:
    """None for an entry without name or language, which nothing could send."""
    name, language = listed.get("name"), listed.get("language")
    if not isinstance(name, str) or not isinstance(language, str) or not name or not language:
        return None
    components = listed.get("components")
    reason = listed.get("rejected_reason")
    return Template(
        name=name,
        language=language.replace("-", "_"),
        provider_id=str(listed.get("id") or ""),
        provider_status=str(listed.get("status") or ""),
        category=str(listed.get("category") or ""),
        components=[part for part in components if isinstance(part, dict)]
        if isinstance(components, list)
        else [],
        parameter_format=str(listed.get("parameter_format") or "POSITIONAL").upper(),
        rejected_reason=str(reason) if reason and reason != "NONE" else None,
        quality=_score(listed.get("quality_score")),
    )


def _score(quality: Any) -> str | None:
    score = quality.get("score") if isinstance(quality, dict) else quality
    return score if isinstance(score, str) else None
