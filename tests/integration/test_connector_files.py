"""The example of a franchise's files: from an SFTP server, an object store and a folder."""

from __future__ import annotations

import gzip
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support_cli import run
from support_connectors import bronze_rows, connected, copied, land_all, outcomes, run_killed, written_text
from support_landing import NOW, as_csv, sale
from support_places import PASSWORD, USER, Bucket, SftpServer, object_store, sftp

from incentives.connectors import files
from incentives.connectors.credentials import Secrets
from incentives.errors import DocumentError, InputError, OutsideError
from incentives.services import connecting
from incentives.workspace import Workspace

ENVIRONMENT = {"FRANCHISE_USER": USER, "FRANCHISE_PASSWORD": PASSWORD}
EXAMPLE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHvXG1hkNrdNjlAf7dWDGr8ruTa9yK0YuTQWgLmGh3e9"


def content(first: int, rows: int = 3) -> bytes:
    return as_csv([sale(f"O{number}", source="franchise") for number in range(first, first + rows)]).encode()


def put(folder: Path, name: str, data: bytes, age: timedelta = timedelta(hours=1)) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    moment = (NOW - age).timestamp()
    os.utime(path, (moment, moment))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two nights' sales, one of them packed, a file that is still being written, and one of another name."""
    place = tmp_path / "server" / "outgoing"
    put(place, "sales_01.csv", content(10))
    put(place, "sales_02.csv.gz", gzip.compress(content(20), mtime=0))
    put(place, "sales_03.csv", content(30)[:-40], age=timedelta(seconds=5))
    put(place, "stock_01.csv", b"sku\n1\n")
    return place


@pytest.fixture
def server(folder: Path) -> Iterator[SftpServer]:
    with sftp(folder.parent) as running:
        yield running


def on_sftp(root: Path, server: SftpServer, **changes: str) -> Workspace:
    place = {"sftp://files.example.com": f"sftp://127.0.0.1:{server.port}", EXAMPLE_KEY: server.host_key}
    return connected(root, "franchise-files", "franchise", '"order_lines"', {**place, **changes})


def in_folder(root: Path, folder: Path, **changes: str) -> Workspace:
    options = "options_env: {username: FRANCHISE_USER, password: FRANCHISE_PASSWORD}\n"
    place = {"sftp://files.example.com/outgoing": folder.as_uri(), f"host_key: {EXAMPLE_KEY}\n": "", options: ""}
    return connected(root, "franchise-files", "franchise", '"order_lines"', {**place, **changes})


def pull(ws: Workspace, **environment: str) -> connecting.RunReport:
    return connecting.run(ws, "franchise-files", now=NOW, secrets=Secrets({**ENVIRONMENT, **environment}))


def orders(ws: Workspace) -> set[str | None]:
    return {order for (order,) in bronze_rows(ws, "order_lines", ("order_id",))}


def test_files_of_an_sftp_server_are_copied_once_and_land_as_they_are(server: SftpServer, folder: Path, tmp_path: Path) -> None:
    ws = on_sftp(tmp_path / "ws", server)

    first = pull(ws)
    nothing = pull(ws)
    landed = land_all(ws)

    assert (len(first.files), nothing.files) == (2, ())
    assert outcomes(landed) == {"accepted": 6}
    assert orders(ws) == {f"O{number}" for number in (10, 11, 12, 20, 21, 22)}
    assert PASSWORD.encode() not in written_text(ws)


def test_a_file_that_changed_or_was_finished_is_copied_again(server: SftpServer, folder: Path, tmp_path: Path) -> None:
    ws = on_sftp(tmp_path / "ws", server)
    pull(ws)
    land_all(ws)

    put(folder, "sales_01.csv", content(10, rows=4), age=timedelta(minutes=30))
    put(folder, "sales_03.csv", content(30), age=timedelta(minutes=2))
    later = pull(ws)

    assert len(later.files) == 2
    assert outcomes(land_all(ws)) == {"accepted": 4, "duplicate": 9}
    assert {"O13", "O30", "O31", "O32"} <= orders(ws)


def test_a_connection_that_is_cut_is_opened_again(server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_WAIT_SECONDS", 0.01)
    server.cuts = 2
    ws = on_sftp(tmp_path / "ws", server)

    assert len(pull(ws).files) == 2
    assert server.cuts == 0
    assert outcomes(land_all(ws)) == {"accepted": 6}


def test_another_servers_key_and_a_wrong_password_get_nothing(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_WAIT_SECONDS", 0.01)
    impostor = on_sftp(tmp_path / "impostor", server, **{server.host_key: EXAMPLE_KEY})
    ws = on_sftp(tmp_path / "ws", server)

    with pytest.raises(OutsideError, match="the server's key is not host_key"):
        pull(impostor)
    with pytest.raises(OutsideError, match="Authentication") as refused:
        pull(ws, FRANCHISE_PASSWORD="not-the-password")

    assert "not-the-password" not in str(refused.value)


@pytest.mark.slow
def test_a_run_killed_at_any_step_and_started_again_ends_with_exactly_the_files(folder: Path, tmp_path: Path) -> None:
    # The killed process has a clock of its own, by which this file would be finished.
    (folder / "sales_03.csv").unlink()
    fresh = in_folder(tmp_path / "fresh", folder)
    steps = 1_000 - int(run_killed(copied(fresh, tmp_path / "counted"), "franchise-files", 1_000, {}).stdout.split()[-1])

    for step in range(steps):
        ws = copied(fresh, tmp_path / f"killed-{step}")
        killed = run_killed(ws, "franchise-files", step, {})
        pull(ws)

        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert outcomes(land_all(ws))["accepted"] == 6, step


def test_objects_of_a_store_are_copied_by_their_tags_whatever_fails_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_WAIT_SECONDS", 0.01)
    objects = {f"sales/sales_{number:02}.csv": content(number * 10) for number in range(1, 6)}
    with object_store(Bucket({**objects, "sales/stock_01.csv": b"sku\n1\n"}, failures={2, 5, 7})) as bucket:
        place = {
            "sftp://files.example.com/outgoing": "s3://exports/sales",
            f"host_key: {EXAMPLE_KEY}\n": f"options: {{endpoint_url: '{bucket.url}'}}\n",
            "{username: FRANCHISE_USER, password: FRANCHISE_PASSWORD}": "{key: S3_KEY_ID, secret: S3_SECRET}",
        }
        ws = connected(tmp_path / "ws", "franchise-files", "franchise", '"order_lines"', place)
        keys = {"S3_KEY_ID": "key-of-the-test", "S3_SECRET": "secret-of-the-test"}
        first, nothing = pull(ws, **keys), pull(ws, **keys)
        bucket.objects["sales/sales_02.csv"] = content(70)
        changed = pull(ws, **keys)

    assert (len(first.files), len(nothing.files), len(changed.files)) == (5, 0, 1)
    assert outcomes(land_all(ws)) == {"accepted": 18}


def test_a_file_that_is_too_large_is_refused_and_the_others_do_not_wait_for_it(folder: Path, tmp_path: Path) -> None:
    ws = in_folder(tmp_path / "ws", folder, **{"settled_seconds: 60": "settled_seconds: 60\nfile_bytes_max: 200"})

    with pytest.raises(InputError, match=r"sales_01\.csv: a file is larger than 200 bytes"):
        pull(ws)

    # The packed one is smaller than its text.
    assert [path.name.partition("-sales")[2] for path in (ws.inbox / "franchise").iterdir()] in ([], ["_02.csv.gz"])


@pytest.mark.parametrize(
    "change, words",
    [
        (
            {"sftp://files.example.com/outgoing": "sftp://me:open-sesame@files.example.com/outgoing"},
            "secrets come from the environment",
        ),
        ({"sftp://files.example.com/outgoing": "simplecache::sftp://files.example.com"}, "is not a place of files"),
        ({f"host_key: {EXAMPLE_KEY}\n": ""}, "host_key is required by sftp"),
        ({"feed: order_lines\n": "feed: targets\n"}, "'franchise' may not deliver targets"),
        ({"password: FRANCHISE_PASSWORD": "password: open-sesame"}, "never the secret itself"),
    ],
)
def test_a_mistake_of_the_file_is_named_with_its_line(change: dict[str, str], words: str, tmp_path: Path) -> None:
    ws = connected(tmp_path / "ws", "franchise-files", "franchise", '"order_lines"', change)

    with pytest.raises(DocumentError, match=words) as raised:
        connecting.list_connectors(ws)

    assert "franchise-files.yaml:" in raised.value.problems[0]


def test_pulling_everything_tells_of_the_connector_that_failed_and_brings_the_others(folder: Path, tmp_path: Path) -> None:
    ws = in_folder(tmp_path / "ws", folder)
    broken = ws.root / "connectors" / "another-shop.yaml"
    broken.write_text("kind: files\nsource: nobody\nfeed: order_lines\nurl: file:///nowhere\nglob: '*'\n", encoding="utf-8")
    gone = ws.root / "connectors" / "gone.yaml"
    gone.write_text(
        f"kind: files\nsource: franchise\nfeed: order_lines\nurl: {(tmp_path / 'nothing').as_uri()}\nglob: '*'\n",
        encoding="utf-8",
    )

    told = run("connect", "pull", "--workspace", ws.root, "--format", "json", code=None)

    rows = {str(row["connector"]): row for row in told.json()}
    assert list(rows) == ["another-shop", "franchise-files", "gone"]
    # By the clock of a real run the third file is no longer being written.
    assert (rows["franchise-files"]["files"], rows["franchise-files"]["problem"]) == (3, None)
    assert "'nobody' is not listed" in str(rows["another-shop"]["problem"])
    assert "there is no such folder" in str(rows["gone"]["problem"])
    assert told.code == 3
    assert run("connect", "pull", "franchise-files", "--workspace", ws.root).code == 0
