"""uvicorn's WebSocket, which cuts a line off that its other end does not read."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Wire(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        await super().run_asgi()
        # Closing waits until everything is written: for ever, where nobody reads.
        if self.transport.get_write_buffer_size():
            self.transport.abort()
