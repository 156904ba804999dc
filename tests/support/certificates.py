"""Certificates of an authority of the tests' own, made by the openssl program."""

import pathlib
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Authority:
    """Signs certificates, whose files are in `folder`: NAME.pem and NAME.key."""

    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.certificate = self.folder / f"{name}.pem"
        self._openssl(
            *["req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}"],
            *["-keyout", self.folder / f"{name}.key", "-out", self.certificate],
        )

    def sign(self, name, alternatives="", days=2):
        """`alternatives`: "DNS:bus.example,IP:127.0.0.1". Fewer than 0 days: it has expired."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.extensions"
        self._openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions.write_text(f"subjectAltName={alternatives}\n" if alternatives else "")
        self._openssl(
            *["x509", "-req", "-in", request, "-days", days, "-extfile", extensions],
            *["-CA", self.certificate, "-CAkey", self.folder / f"{self.name}.key"],
            *["-out", certificate],
        )
        return certificate, key

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
