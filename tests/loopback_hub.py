"""A Hub on this machine, with as much of its protocol as fetching a checkpoint needs.

Folders `root/owner/name/commit` are served, as `huggingface_hub` asks for them:
    GET  /api/models/{owner}/{name}/revision/{revision}            which commit a name stands for
    HEAD /{owner}/{name}/resolve/{revision}/{file}                 size, hash and commit, in headers
    GET  the same                                                  the bytes
Repositories whose name starts with "gated" want a token, "broken" answers 500, "corrupt" flips the last byte
it sends.
"""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Server(ThreadingHTTPServer):
    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Hub)
        self.root = root
        self.asked: list[str] = []


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"] and len(parts) == 6 and parts[4] == "revision":
            self.model_info(parts[2], parts[3], parts[5])
        elif len(parts) == 5 and parts[2] == "resolve":
            self.file(parts[0], parts[1], parts[3], parts[4])
        else:
            self.refuse(404, "", "no such page")

    do_HEAD = do_GET

    def folder(self, owner: str, name: str, revision: str) -> Path | None:
        """The served folder; None when the refusal has been sent."""
        commits = (
            sorted((self.server.root / owner / name).glob("*"))
            if (self.server.root / owner / name).is_dir()
            else []
        )
        if name.startswith("broken"):
            self.refuse(500, "", "out of order")
        elif not commits:
            self.refuse(401, "RepoNotFound", "Repository not found")
        elif name.startswith("gated") and "Authorization" not in self.headers:
            self.refuse(401, "GatedRepo", "Access to this model is restricted")
        elif revision == "main":
            return commits[-1]
        elif self.server.root / owner / name / revision in commits:
            return self.server.root / owner / name / revision
        else:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return None

    def model_info(self, owner: str, name: str, revision: str) -> None:
        folder = self.folder(owner, name, revision)
        if folder is not None:
            info = {
                "id": f"{owner}/{name}",
                "sha": folder.name,
                "private": False,
                "tags": [],
                "siblings": [],
            }
            self.answer(200, json.dumps(info).encode(), {"Content-Type": "application/json"})

    def file(self, owner: str, name: str, revision: str, file: str) -> None:
        folder = self.folder(owner, name, revision)
        if folder is None:
            return
        if not (folder / file).is_file():
            self.refuse(404, "EntryNotFound", f"no file {file}")
            return
        body = (folder / file).read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "X-Repo-Commit": folder.name}
        if name.startswith("corrupt") and file.endswith(".safetensors"):
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.answer(200, body, headers)

    def refuse(self, status: int, code: str, words: str) -> None:
        self.answer(status, words.encode(), {"X-Error-Code": code, "X-Error-Message": words} if code else {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: what was asked is kept in `asked`."""


@contextmanager
def loopback_hub(root: Path):
    """(address, list of requests so far) of a Hub that serves `root` while the block runs."""
    server = Server(root)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
