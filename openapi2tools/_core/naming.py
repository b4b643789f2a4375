"""Words in; a legal name that fits, still readable, out: what the names of tools are made with."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 64  # characters, at OpenAI
LEGAL: Final = re.compile(r"[A-Za-z0-9_-]+")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z]")
# fmt: off
_SHORT: Final = {
    "account": "acct", "accounts": "accts", "address": "addr", "administration": "admin", "administrator": "admin", "application": "app",
    "applications": "apps", "association": "assoc", "authentication": "auth", "authorization": "authz", "availability": "avail",
    "billing": "bill", "business": "biz", "calculate": "calc", "calendar": "cal", "category": "cat", "certificate": "cert",
    "certificates": "certs", "collection": "coll", "column": "col", "command": "cmd", "comment": "cmt", "communication": "comm",
    "component": "comp", "compute": "comp", "condition": "cond", "configuration": "config", "configurations": "configs", "connection":
    "conn", "connections": "conns", "container": "ctr", "content": "cont", "count": "cnt", "customer": "cust", "customers": "custs",
    "database": "db", "databases": "dbs", "default": "def", "definition": "def", "definitions": "defs", "delete": "del", "department":
    "dept", "deployment": "deploy", "deployments": "deploys", "description": "desc", "destination": "dest", "development": "dev",
    "device": "dev", "devices": "devs", "directory": "dir", "distribution": "dist", "document": "doc", "documents": "docs", "domain":
    "dom", "download": "dl", "duplicate": "dup", "dynamic": "dyn", "element": "elem", "employee": "emp", "encryption": "enc",
    "enterprise": "ent", "enterprises": "ents", "environment": "env", "environments": "envs", "error": "err", "event": "evt", "events":
    "evts", "exchange": "exch", "execution": "exec", "experience": "exp", "expression": "expr", "extension": "ext", "external": "ext",
    "federation": "fed", "function": "func", "generate": "gen", "gateway": "gw", "geographic": "geo", "group": "grp", "groups": "grps",
    "hardware": "hw", "history": "hist", "identifier": "id", "identifiers": "ids", "identity": "ident", "image": "img", "index": "idx",
    "information": "info", "initialize": "init", "instance": "inst", "instances": "insts", "integration": "integ", "interface": "iface",
    "interfaces": "ifaces", "internal": "int", "invitation": "invite", "language": "lang", "library": "lib", "location": "loc",
    "locations": "locs", "management": "mgmt", "manager": "mgr", "maximum": "max", "measurement": "meas", "member": "mbr", "members":
    "mbrs", "message": "msg", "messages": "msgs", "metadata": "meta", "minimum": "min", "monitoring": "mon", "namespace": "ns",
    "namespaced": "ns", "namespaces": "nses", "navigation": "nav", "network": "net", "networks": "nets", "notification": "notif",
    "notifications": "notifs", "number": "num", "object": "obj", "operation": "op", "operations": "ops", "optimization": "opt", "option":
    "opt", "options": "opts", "organization": "org", "organizations": "orgs", "package": "pkg", "packages": "pkgs", "parameter": "param",
    "parameters": "params", "partition": "part", "password": "pwd", "payment": "pay", "performance": "perf", "permission": "perm",
    "permissions": "perms", "policy": "pol", "policies": "pols", "position": "pos", "preference": "pref", "preferences": "prefs",
    "presentation": "pres", "primary": "prim", "private": "priv", "process": "proc", "product": "prod", "products": "prods", "production":
    "prod", "profile": "prof", "program": "prog", "project": "proj", "projects": "projs", "property": "prop", "properties": "props",
    "provider": "prov", "public": "pub", "purchase": "purch", "quantity": "qty", "query": "qry", "question": "quest", "recommendation":
    "rec", "record": "rec", "records": "recs", "reference": "ref", "references": "refs", "region": "reg", "registration": "reg",
    "relationship": "rel", "repositories": "repos", "repository": "repo", "request": "req", "requests": "reqs", "requirement": "reqmt",
    "reservation": "resv", "resource": "res", "resources": "rscs", "response": "resp", "retention": "ret", "role": "role", "schedule":
    "sched", "secondary": "sec", "secret": "secr", "security": "sec", "selection": "sel", "sequence": "seq", "server": "srv", "servers":
    "srvs", "service": "svc", "services": "svcs", "session": "sess", "setting": "set", "settings": "sets", "signature": "sig", "software":
    "sw", "source": "src", "specification": "spec", "standard": "std", "statistics": "stats", "status": "stat", "storage": "stor",
    "string": "str", "structure": "struct", "subscription": "sub", "subscriptions": "subs", "summary": "summ", "synchronization": "sync",
    "synchronize": "sync", "system": "sys", "table": "tbl", "technical": "tech", "template": "tmpl", "templates": "tmpls", "temporary":
    "temp", "text": "txt", "transaction": "txn", "transactions": "txns", "transfer": "xfer", "translation": "transl", "transport":
    "transp", "university": "univ", "update": "upd", "user": "usr", "users": "usrs", "utility": "util", "validation": "valid", "value":
    "val", "values": "vals", "variable": "var", "variables": "vars", "vehicle": "veh", "version": "ver", "versions": "vers", "video":
    "vid", "virtual": "virt", "volume": "vol", "warehouse": "wh", "window": "win", "workflow": "wf", "workspace": "ws",
}
# fmt: on


def legible(text: str) -> str:
    """Keep the legal characters of a text, with `_` for each run of others."""
    if LEGAL.fullmatch(text):
        return text
    return "_".join(word for run in LEGAL.findall(unaccented(text)) if (word := run.strip("_")))


def unaccented(text: str) -> str:
    """Take the marks off letters: é is e."""
    return (
        text if text.isascii() else "".join(c for c in normalize("NFKD", text) if not combining(c))
    )


def named_by_path(method: str, path: str) -> str:
    """Name an operation that has no name of its own: `get_pets_id`."""
    return legible(f"{method.lower()}_{path}").rstrip("_") or method.lower()


def fitted(name: str, room: int = LONGEST) -> str:
    """Make a name fit: without separators, then with the longest words abbreviated, then with a hash for its end."""
    if len(name) <= room:
        return name
    words = _WORD.findall(name)
    surplus = sum(map(len, words)) - room
    if surplus > 0:
        words = [
            word for i, word in enumerate(words) if i == 0 or word.lower() != words[i - 1].lower()
        ]
        surplus = sum(map(len, words)) - room
        for i in sorted(range(len(words)), key=lambda i: (-len(words[i]), i)):
            short = _abbreviated(words[i])
            surplus += len(short) - len(words[i])
            words[i] = short
            if surplus <= 0:
                break
    return _camel(words) if surplus <= 0 else shorten(name, room)


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


def _abbreviated(word: str) -> str:
    short = _SHORT.get(word.lower())
    if short is None:
        return word
    return short.capitalize() if word[:1].isupper() else short


def shorten(name: str, limit: int = LONGEST) -> str:
    """Keep a name within `limit` characters: a longer one loses its middle to a hash of the whole, and stays the same in every run."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9]}_{sha256(name.encode()).hexdigest()[:8]}"
