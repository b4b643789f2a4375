"""Ask for prices: a code in another spelling, a code that is wrong, a report that never comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.case import Case, Task
from examples.stock.app import create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

PRICE = {
    "en": (
        "What did the stock 600519.SH close at?",
        "Give me the latest closing price of 600519.SH.",
        "How much is one share of 600519.SH?",
        "600519.SH: what was its price on the last trading day?",
        "I own a share of 600519.SH. What is it worth?",
    ),
    "zh": (
        "600519.SH 的收盘价是多少？",
        "帮我查一下 600519.SH 最新的收盘价。",
        "600519.SH 一股多少钱？",
        "上一个交易日 600519.SH 的价格是多少？",
        "我有一股 600519.SH，现在值多少钱？",
    ),
}
WRONG_CODE = {
    "en": (
        "What did Kweichow Moutai, code 600591, close at?",
        "Give me the closing price of stock 600591, Kweichow Moutai.",
        "How much is one share of 600591 (Kweichow Moutai)?",
        "My broker says Kweichow Moutai is 600591. What was its last price?",
        "Look up 600591, that is Kweichow Moutai, and tell me its price.",
    ),
    "zh": (
        "贵州茅台（代码 600591）的收盘价是多少？",
        "帮我查一下股票 600591（贵州茅台）的收盘价。",
        "600591 贵州茅台，一股多少钱？",
        "我记得贵州茅台的代码是 600591，它最新的价格是多少？",
        "查询 600591，也就是贵州茅台，告诉我价格。",
    ),
}
REPORT = {
    "en": (
        "What does the annual report of stock 600519 say?",
        "Get me the annual report of the company with the code 600519.",
        "Sum up the annual report of 600519.",
        "Is there an annual report of 600519?",
        "I need the annual report for 600519.",
    ),
    "zh": (
        "股票 600519 的年报说了什么？",
        "请获取代码为 600519 的公司的年报。",
        "总结一下 600519 的年报。",
        "有 600519 的年报吗？",
        "我需要 600519 的年度报告。",
    ),
}
PRICE_PATTERN = r"1[,，]?432\.50?"


def is_price_told(stock: FastAPI) -> bool:
    """Return whether the price of the last trading day was told."""
    return any(told.code == "600519" and told.day == told.last_day for told in stock.state.told)


def is_report_awaited(stock: FastAPI) -> bool:
    """Return whether the report was asked for, which never comes."""
    return "600519" in stock.state.awaited_reports


CASE = Case(
    "stock",
    (create_app,),
    (
        Task("a price", PRICE, is_price_told, PRICE_PATTERN),
        Task("a price, from a wrong code", WRONG_CODE, is_price_told, PRICE_PATTERN),
        Task(
            "a report that does not come in time",
            REPORT,
            is_report_awaited,
            r"(?i)\btime|respond|answer|unavailable|unable|could not|超时|时间|未能|无法|没有",
            timeout=3.0,
        ),
    ),
)
