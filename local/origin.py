"""Keeps the web pages of others away: a browser runs them on this machine, where it reaches loopback too."""

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_REFUSAL = (
    "Refused: a web page from elsewhere asked for this (Origin: {origin}, Sec-Fetch-Site: {site}). "
    "{under} gives out tokens, keys and messages, so it answers only programs on this machine "
    "and pages of {own}.\n"
)


def own_callers_only(under: str) -> list[Middleware]:
    """For every path: no Host but loopback's, as a page may point its own name here (DNS rebinding).

    For the control interface at `under` also: no request that a page of another origin sends.
    """
    hosts = ["127.0.0.1", "localhost"]
    return [
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(_NoForeignPages, under=under),
    ]


class _NoForeignPages:
    """Not having CORS headers only hides the answer from such a page; what it asks for would be done."""

    def __init__(self, app: ASGIApp, under: str) -> None:
        self._app = app
        self._under = under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope["path"].startswith(self._under):
            headers = Headers(scope=scope)
            own = f"http://{headers.get('host')}"
            origin, site = headers.get("origin"), headers.get("sec-fetch-site")
            # curl and other programs send neither; "none" is the person, in the address bar.
            if origin not in {None, own} or site not in {None, "none", "same-origin"}:
                refusal = _REFUSAL.format(origin=origin, site=site, under=self._under, own=own)
                await PlainTextResponse(refusal, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)
