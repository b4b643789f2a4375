"""Operations in; legal, unique, readable tool names out, which depend neither on the order of operations nor on the run."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final
from unicodedata import combining, normalize

from openapi2tools.errors import BuildError
from openapi2tools.model import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openapi2tools.model import Operation

LONGEST: Final = 64  # characters, at OpenAI
_LEGAL: Final = re.compile(r"[A-Za-z0-9_-]+")
_GOOD: Final = re.compile(r"[A-Za-z]")  # a number alone says nothing
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


def names(operations: Sequence[Operation], prefix: str = "") -> list[str]:
    """Name each operation: its hint, its id when that is legal or can be made so, else method and path; `prefix` goes before all.

    Two that would have one name are told apart by tag, by method, by path, whichever does it first: all of them are, so that none
    depends on who came first. At most 64 characters of `[A-Za-z0-9_-]`: words are abbreviated before a hash replaces the end.
    """
    if prefix and (len(prefix) > LONGEST // 2 or not _LEGAL.fullmatch(prefix)):
        raise BuildError(f"The prefix {prefix!r} cannot begin a tool's name: give up to {LONGEST // 2} letters (a to z), digits, _ and -.")
    room = LONGEST - len(prefix)
    found = [fitted(_wanted(operation), room) for operation in operations]
    for qualify in (_with_tag, _with_method, _with_path, _by_path, _with_key):
        taken = Counter(found)
        if len(taken) == len(found):
            break
        proposed = {i: fitted(qualify(operations[i]), room) for i, name in enumerate(found) if taken[name] > 1}
        found = _told_apart(found, taken, proposed)
    return [prefix + name for name in found]


def _told_apart(found: list[str], taken: Counter[str], proposed: dict[int, str]) -> list[str]:
    """Rename the groups of equal names for which the qualified names differ from each other and from all others."""
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(found):
        if taken[name] > 1:
            groups.setdefault(name, []).append(i)
    wanted = Counter(proposed.values())
    renamed = list(found)
    for group in groups.values():
        if all(wanted[proposed[i]] == 1 and proposed[i] not in taken for i in group):
            for i in group:
                renamed[i] = proposed[i]
    return renamed


def _wanted(operation: Operation) -> str:
    hint = operation.hints.get("name")
    for name in (hint if isinstance(hint, str) else "", operation.id or ""):
        legal = legible(name)
        if _GOOD.search(legal) and 2 * len(legal) >= len(name):  # half of a name in another script says nothing
            return legal
    return _by_path(operation)


def legible(text: str) -> str:
    """Keep the legal characters of a text, with `_` for each run of others."""
    if _LEGAL.fullmatch(text):
        return text
    if not text.isascii():
        text = "".join(c for c in normalize("NFKD", text) if not combining(c))  # é is e
    return "_".join(word for run in _LEGAL.findall(text) if (word := run.strip("_")))


def _by_path(operation: Operation) -> str:
    return legible(f"{operation.method.lower()}_{operation.path}").rstrip("_") or operation.method.lower()


def _with_tag(operation: Operation) -> str:
    return legible(f"{operation.tags[0] if operation.tags else ''}_{_wanted(operation)}".lstrip("_"))


def _with_method(operation: Operation) -> str:
    return f"{_wanted(operation)}_{operation.method.lower()}"


def _with_path(operation: Operation) -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", operation.path) if word]
    said = _wanted(operation).lower()
    return "_".join([_wanted(operation), *(word for word in words if word.lower() not in said)])


def _with_key(operation: Operation) -> str:
    return f"{_wanted(operation)[: LONGEST - 10]}_{shorten(operation.key * 9, 9)[-8:]}"


def fitted(name: str, room: int = LONGEST) -> str:
    """Make a name fit: without separators, then with the longest words abbreviated, then with a hash for its end."""
    if len(name) <= room:
        return name
    words = _WORD.findall(name)
    if len(_camel(words)) <= room:
        return _camel(words)
    words = [word for i, word in enumerate(words) if i == 0 or word.lower() != words[i - 1].lower()]
    for i in sorted(range(len(words)), key=lambda i: (-len(words[i]), i)):
        words[i] = _abbreviated(words[i])
        if len(_camel(words)) <= room:
            return _camel(words)
    return shorten(name, room)


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


def _abbreviated(word: str) -> str:
    short = _SHORT.get(word.lower())
    if short is None:
        return word
    return short.capitalize() if word[:1].isupper() else short


def unique(wanted: Iterable[tuple[str, str]]) -> list[str]:
    """Give each of these (name, key) pairs a name of its own: the smallest key keeps a name, the next ones get `_2`, `_3`."""
    pairs = list(wanted)
    taken = {name for name, _ in pairs}
    given: dict[int, str] = {}
    used: set[str] = set()
    for i in sorted(range(len(pairs)), key=lambda i: (pairs[i][0] != pairs[i][1], pairs[i])):
        name, n = pairs[i][0], 1
        while name in used or (n > 1 and name in taken):
            n += 1
            name = f"{pairs[i][0][: LONGEST - 4]}_{n}"
        used.add(name)
        given[i] = name
    return [given[i] for i in range(len(pairs))]
