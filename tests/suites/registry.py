"""Gets packages from their registries, by the ordinary clients, at one version and hash."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile

from suite import SuiteError, made_once


def command(words, **options):
    """Runs it; its output is in the error when it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if done.returncode != 0:
        raise SuiteError(f"{' '.join(map(str, words))} failed:\n{done.stdout}")
    return done.stdout


def unpack(archive, sha256, folder):
    """The content of the one folder at the top of a .tar.gz with that hash."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != sha256:
        raise SuiteError(f"{archive.name} has the SHA-256 {digest}, not {sha256}")
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            parts = member.name.split("/")[1:]
            if not (member.isfile() or member.isdir()) or ".." in parts:
                continue
            target = folder.joinpath(*parts)
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                with tar.extractfile(member) as source, open(target, "wb") as sink:
                    shutil.copyfileobj(source, sink)


def pypi_sdist(folder, python, package, version, sha256):
    """The source distribution, unpacked; `python` has a pip."""
    with made_once(folder, f"{package} {version} {sha256}") as made:
        if made is None:
            return
        requirement = made / "requirement"
        requirement.write_text(f"{package}=={version} --hash=sha256:{sha256}\n")
        pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command(
            [*pip, "--no-deps", "--no-binary", package, "--require-hashes"]
            + ["--requirement", requirement, "--dest", made]
        )
        [archive] = made.glob("*.tar.gz")
        unpack(archive, sha256, made)


def npm_package(folder, package, version, sha256):
    """What npm would install, unpacked, without what it depends on."""
    with made_once(folder, f"{package} {version} {sha256}") as made:
        if made is None:
            return
        told = command(["npm", "pack", "--silent", "--json", f"{package}@{version}"], cwd=made)
        unpack(made / json.loads(told)[0]["filename"], sha256, made)


def python_environment(folder, requirements):
    """A Python with the packages of that file, which names them all; gives its program."""
    script = os.path.join(os.path.dirname(__file__), "..", "support", "python_env.sh")
    command(["bash", script, folder, requirements])
    return folder / "bin" / "python"
