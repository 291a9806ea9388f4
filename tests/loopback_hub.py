"""A Hub on this machine, with as much of its protocol as fetching and publishing a checkpoint need.

Folders `root/owner/name/commit` are served, as `huggingface_hub` asks for them:
    GET  /api/models/{owner}/{name}/revision/{revision}            which commit a name stands for, and its files
    HEAD /{owner}/{name}/resolve/{revision}/{file}                 size, hash and commit, in headers
    GET  the same                                                  the bytes, from the middle on if asked so
What a repository's name starts with is what goes wrong with it: FAULTS.

Whoever shows TOKEN is the user "org" and may write:
    GET  /api/whoami-v2                                            whose token it is
    POST /api/repos/create                                         a new repository, public or private
    POST /api/validate-yaml                                        whether a card's front matter will do
    POST /api/models/{owner}/{name}/preupload/main                 which files go by the large-file protocol
    POST /{owner}/{name}.git/info/lfs/objects/batch                where those are put
    PUT  /lfs/{sha256}                                             the bytes of one
    POST /api/models/{owner}/{name}/commit/main                    all of it, as one commit
"""

import base64
import hashlib
import json
import os
import re
import shutil
import threading
from collections import Counter
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_" + "w" * 34
READER = "hf_" + "r" * 34
"""A token of the same user that may not write."""

FAULTS = {
    "gated": "wants a token",
    "disabled": "has been taken down",
    "forbidden": "answers 403",
    "broken": "answers 500",
    "limited": "answers 429",
    "away": "answers 503 where bytes are asked for",
    "gone": "answers 503 to everything",
    "cut": "breaks off in the middle of the weights, each time",
    "once-cut": "breaks off in the middle of the weights the first time",
    "short": "sends fewer bytes of the weights than it announced",
    "corrupt": "flips the last byte of the weights, each time",
    "once-corrupt": "flips the last byte of the weights the first time",
    "captive": "is a login page of some network",
}
_LARGE = ".safetensors"


class Server(ThreadingHTTPServer):
    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Hub)
        self.root = root
        self.asked: list[str] = []
        self.times: Counter[str] = Counter()
        self.heads: dict[str, str] = {}
        self.private: set[str] = set()
        self.put: dict[str, bytes] = {}

    def commit_of(self, repo: str) -> str | None:
        """Commit that the branch main stands for."""
        folder = self.root / repo
        if repo in self.heads:
            return self.heads[repo]
        return max((path.name for path in folder.glob("*")), default=None)


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        path = self.told()
        if path == "/api/whoami-v2":
            self.whoami()
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", path):
            self.model_info(match[1], match[2] or "main")
        elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/([^/]+)", path):
            self.file(*match.groups())
        else:
            self.refuse(404, "", "no such page")

    do_HEAD = do_GET

    def told(self) -> str:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(f"{self.command} {path}")
        return path

    def folder(self, repo: str, revision: str) -> Path | None:
        """The served folder; None when the refusal has been sent."""
        name = repo.partition("/")[2]
        main = self.server.commit_of(repo)
        plain = {"broken": (500, "out of order"), "limited": (429, "slowly"), "gone": (503, "down")}
        fault = next((fault for fault in plain if name.startswith(fault)), None)
        if fault is not None:
            self.refuse(plain[fault][0], "", plain[fault][1])
        elif name.startswith("captive"):
            self.answer(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
        elif main is None or (repo in self.server.private and not self.user()):
            self.refuse(401, "RepoNotFound", "Repository not found")
        elif name.startswith("disabled"):
            self.refuse(403, "", "Access to this resource is disabled.")
        elif name.startswith("forbidden"):
            self.refuse(403, "", "not yours")
        elif name.startswith("gated") and "Authorization" not in self.headers:
            self.refuse(401, "GatedRepo", "Access to this model is restricted")
        elif revision == "main":
            return self.server.root / repo / main
        elif (self.server.root / repo / revision).is_dir():
            return self.server.root / repo / revision
        else:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return None

    def model_info(self, repo: str, revision: str) -> None:
        folder = self.folder(repo, revision)
        if folder is not None:
            files = [{"rfilename": path.name, "size": path.stat().st_size} for path in folder.iterdir()]
            private = repo in self.server.private
            self.answer_json(
                {"id": repo, "sha": folder.name, "private": private, "tags": [], "siblings": files}
            )

    def file(self, repo: str, revision: str, file: str) -> None:
        folder = self.folder(repo, revision)
        if folder is None:
            return
        path, name = folder / file, repo.partition("/")[2]
        if not path.is_file():
            self.refuse(404, "EntryNotFound", f"no file {file}")
            return
        size, start = path.stat().st_size, 0
        headers = {"ETag": f'"{hash_of(path, path.stat().st_mtime_ns)}"', "X-Repo-Commit": folder.name}
        if self.command == "HEAD":
            self.answer(200, b"", {**headers, "Content-Length": str(size)})
            return
        if name.startswith("away"):
            self.refuse(503, "", "later")
            return
        if asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or ""):
            start = int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        body = path.read_bytes()[start:]
        if file.endswith(_LARGE):
            body = self.damaged(name, body)
        if body is not None:
            self.answer(206 if start else 200, body, headers)

    def damaged(self, name: str, body: bytes) -> bytes | None:
        """The weights as a repository of this name sends them; None when they were sent, in part."""
        self.server.times[name] += 1
        if name.startswith("once-") and self.server.times[name] > 1:
            return body
        fault = name.removeprefix("once-")
        if fault.startswith("corrupt"):
            return body[:-1] + bytes([body[-1] ^ 1])
        if fault.startswith("short"):
            return body[:-1]
        if fault.startswith("cut"):
            # No byte more after the first break, or the client would come again for ever.
            half = body[: len(body) // 2] if self.server.times[name] == 1 else b""
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(half)
            self.close_connection = True
            return None
        return body

    # What follows is publishing.

    def user(self) -> str:
        given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        return "org" if given in (TOKEN, READER) else ""

    def whoami(self) -> None:
        if not self.user():
            self.refuse(401, "", "Invalid credentials in Authorization header")
        else:
            self.answer_json({"type": "user", "id": "1", "name": self.user(), "orgs": [{"name": "lab"}]})

    def do_POST(self) -> None:
        path = self.told()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not (self.headers.get("Authorization") or "").endswith(TOKEN):
            self.refuse(403, "", "this token may not write")
        elif path == "/api/validate-yaml":
            good = json.loads(body)["content"].startswith("---\n")
            self.answer_json(
                {"errors": [] if good else [{"message": "no front matter"}]}, 200 if good else 400
            )
        elif path == "/api/repos/create":
            self.create(json.loads(body))
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/(preupload|commit)/main", path):
            getattr(self, match[2])(match[1], body)
        elif path.endswith(".git/info/lfs/objects/batch"):
            here = f"http://{self.headers['Host']}/lfs/"
            objects = [
                {**one, "actions": {"upload": {"href": here + one["oid"], "header": {}}}}
                for one in json.loads(body)["objects"]
            ]
            self.answer_json({"transfer": "basic", "objects": objects})
        else:
            self.refuse(404, "", "no such page")

    def do_PUT(self) -> None:
        oid = self.told().rpartition("/")[2]
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self.chunk, b""))
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        good = hashlib.sha256(body).hexdigest() == oid
        if good:
            self.server.put[oid] = body
        self.answer(200 if good else 400, b"", {})

    def chunk(self) -> bytes:
        body = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return body

    def create(self, told: dict[str, Any]) -> None:
        owner = told.get("organization") or self.user()
        repo = f"{owner}/{told['name']}"
        if owner not in (self.user(), "lab"):
            self.refuse(403, "", "not your namespace")
        elif (self.server.root / repo).is_dir():
            self.answer_json({"error": "You already created this model repo", "url": repo}, 409)
        else:
            (self.server.root / repo / ("0" * 40)).mkdir(parents=True)
            if told.get("private") or told.get("visibility") == "private":
                self.server.private.add(repo)
            self.answer_json({"url": f"http://{self.headers['Host']}/{repo}"})

    def preupload(self, repo: str, body: bytes) -> None:
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["path"].endswith(_LARGE) else "regular",
                "shouldIgnore": False,
            }
            for one in json.loads(body)["files"]
        ]
        self.answer_json({"files": files})

    def commit(self, repo: str, body: bytes) -> None:
        before = self.server.root / repo / str(self.server.commit_of(repo))
        name = hashlib.sha1(before.name.encode() + body).hexdigest()
        after = before.parent / name
        shutil.copytree(before, after)
        for line in map(json.loads, body.splitlines()):
            told = line["value"]
            if line["key"] == "file":
                (after / told["path"]).write_bytes(base64.b64decode(told["content"]))
            elif line["key"] == "lfsFile":
                (after / told["path"]).write_bytes(self.server.put[told["oid"]])
        self.server.heads[repo] = name
        self.answer_json(
            {"commitUrl": f"http://{self.headers['Host']}/{repo}/commit/{name}", "commitOid": name}
        )

    def refuse(self, status: int, code: str, words: str) -> None:
        headers = {"X-Error-Code": code} if code else {}
        self.answer(status, json.dumps({"error": words}).encode(), {**headers, "X-Error-Message": words})

    def answer_json(self, told: dict[str, Any], status: int = 200) -> None:
        self.answer(status, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: what was asked is kept in `asked`."""


def client_of(home: Path, endpoint: str, **more: str) -> dict[str, str]:
    """Environment of a process whose huggingface_hub talks to `endpoint` (read when it is imported) and keeps its
    cache and its login under `home`."""
    return {
        **os.environ,
        "HF_HOME": str(home),
        "HF_ENDPOINT": endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        **more,
    }


@lru_cache
def hash_of(path: Path, _changed: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
