"""Checks a folder of TollBooth exports: python3 verify_exports.py DIR PUBLIC_KEY   (pip install cryptography)"""
import csv, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

folder, trusted = pathlib.Path(sys.argv[1]), sys.argv[2]
key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(trusted))
previous, number, billed, names = "0" * 64, 0, set(), set()
manifests = [(json.loads(path.read_bytes()), path) for path in (folder / "manifests").glob("*.manifest.json")]
for manifest, path in sorted(manifests, key=lambda found: found[0]["sequence"]):
    text, name, number = path.read_bytes(), path.name.removesuffix(".manifest.json"), number + 1
    assert manifest["sequence"] == number, f"export {number} is missing, or its number is there twice"
    assert manifest["previous_manifest_sha256"] == previous, f"export {number} does not follow the one before"
    signatures = json.loads((path.parent / f"{name}.signature.json").read_bytes())["signatures"]
    signature = next((s["ed25519"] for s in signatures if s["key"] == trusted), "")
    key.verify(bytes.fromhex(signature), b"tollbooth-manifest-v1\n" + text)  # raises InvalidSignature
    content = (folder / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"], f"{name} is not the file that was published"
    for row in csv.DictReader(content.decode().splitlines()):
        assert row["FileName"] not in billed, f"{row['FileName']} is billed twice"
        billed.add(row["FileName"])
    previous, names = hashlib.sha256(text).hexdigest(), names | {name}
assert names and names == {path.name for path in folder.glob("*.csv")}, "there are files that no manifest describes"
print(f"{number} exports, {len(billed)} bill lines: all is as published")
