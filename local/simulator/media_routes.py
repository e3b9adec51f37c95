"""The provider's media endpoints: upload, look up, download, delete."""

import base64

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.simulator import media
from local.simulator.media import File
from local.simulator.numbers import Number
from local.simulator.refusals import RefusalError
from local.simulator.simulator import Simulator


class MediaRoutes:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def upload(self, number: Number, request: Request) -> Response:
        fields = {
            name: (filename, kind, content)
            for name, filename, kind, content in media.parts_of(
                request.headers.get("content-type", ""), await request.body()
            )
        }
        if fields.get("messaging_product", ("", "", b""))[2] != b"whatsapp":
            raise RefusalError(100, "The parameter messaging_product is required and must be whatsapp.")
        if "file" not in fields:
            raise RefusalError(100, "The parameter file is required.")
        filename, mime_type, content = fields["file"]
        media.check_upload(mime_type, content)
        file = self._simulator.keep_file(number, "upload", mime_type, content, filename)
        return JSONResponse({"id": file.id})

    async def look_up(self, number: Number, request: Request) -> Response:
        return JSONResponse(media.look_up(self._find(number, request), self._simulator.clock.now()))

    async def download(self, number: Number, request: Request) -> Response:
        file = media.linked(number.files, request.query_params, self._simulator.clock.now())
        if file is None:
            return JSONResponse({"error": "Not Found"}, 404)
        return Response(file.content, media_type=file.mime_type)

    async def delete(self, number: Number, request: Request) -> Response:
        del number.files[self._find(number, request).id]
        self._simulator.changed()
        return JSONResponse({"success": True})

    def _find(self, number: Number, request: Request) -> File:
        return media.find(number.files, request.path_params["media_id"], self._simulator.clock.now())


def announced(file: File) -> dict[str, str]:
    """What a webhook says of a file; its hash is spelt in base64 there."""
    digest = base64.b64encode(file.sha256).decode()
    return {"id": file.id, "mime_type": file.mime_type, "sha256": digest}
