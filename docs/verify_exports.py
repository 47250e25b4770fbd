"""Checks a folder of TollBooth exports: python3 verify_exports.py DIR PUBLIC_KEY...   (pip install cryptography)"""
import csv, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

folder, trusted = pathlib.Path(sys.argv[1]), sys.argv[2:]
previous, number, rows, files, stands = "0" * 64, 0, 0, set(), {}
manifests = [(json.loads(path.read_bytes()), path) for path in (folder / "manifests").glob("*.manifest.json")]
for manifest, path in sorted(manifests, key=lambda found: found[0]["sequence"]):
    text, name, number = path.read_bytes(), path.name.removesuffix(".manifest.json"), number + 1
    assert manifest["sequence"] == number, f"export {number} is missing, or its number is there twice"
    assert manifest["previous_manifest_sha256"] == previous, f"export {number} does not follow the one before"
    signatures = json.loads((path.parent / f"{name}.signature.json").read_bytes())["signatures"]
    key, signature = next(((s["key"], s["ed25519"]) for s in signatures if s["key"] in trusted), (trusted[0], ""))
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    public.verify(bytes.fromhex(signature), b"tollbooth-manifest-v1\n" + text)  # raises InvalidSignature
    corrections = manifest.get("kind") == "corrections"
    file = folder / "corrections" / name if corrections else folder / name
    content = file.read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"], f"{name} is not the file that was published"
    lines = content.split(b"\r\n")[1:-1]
    for at, (row, line) in enumerate(zip(csv.DictReader(content.decode().split("\r\n")), lines, strict=True), start=1):
        passage = row["PassageId"] if corrections else row["FileName"].split(".")[0]
        corrects = (row["CorrectsExport"], row["CorrectsRow"], row["CorrectsSha256"]) if corrections else None
        if corrects and corrects[1] == "0" and passage in stands:  # its file was given up: known by export and passage
            corrects = (corrects[0], *stands[passage][1:])
        assert stands.get(passage) == corrects, f"{name}, row {at}: {passage} is billed twice, or corrects no line that stands"
        stands[passage], rows = (str(number), str(at), hashlib.sha256(line).hexdigest()), rows + 1
    previous, files = hashlib.sha256(text).hexdigest(), files | {file}
there = set(folder.glob("*.csv")) | set((folder / "corrections").glob("*.csv"))
assert files and files == there, "there are files that no manifest describes"
print(f"{number} exports, {rows} lines: all is as published")
