"""Line: a wire between browser and server that a test can cut, or that swallows what the server says."""

import asyncio
from types import TracebackType


class Line:
    """Forwards bytes to a server. `cut` breaks what is open; while `down` nothing new gets through either.

    While `deaf`, the server hears the browser, but the browser hears nothing: the moment in which an
    acknowledgement gets lost.
    """

    def __init__(self, host: str, port: int) -> None:
        self.goal = (host, port)
        self.port = 0
        self.down = False
        self.deaf = False
        self.opened = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Line":
        self.server = await asyncio.start_server(self.take, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.close()
        self.cut()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    def lose(self) -> None:
        """No connection any more, as in a tunnel."""
        self.down = True
        self.cut()

    def mend(self) -> None:
        self.down = self.deaf = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        self.writers.add(writer)
        task.add_done_callback(self.tasks.discard)
        if self.down:
            writer.transport.abort()
        else:
            self.opened += 1
            await self.join(reader, writer)
        self.writers.discard(writer)

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self.goal)
        self.writers.add(back)
        await asyncio.gather(self.pump(reader, back, hears=True), self.pump(there, writer, hears=False))
        self.writers.discard(back)

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, hears: bool) -> None:
        try:
            while data := await reader.read(65_536):
                if hears or not self.deaf:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
