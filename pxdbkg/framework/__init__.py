"""Modules, paths, the data store and the event loop; knows no pixel and no torch."""

from pxdbkg.framework.datastore import DataStore
from pxdbkg.framework.job import Job
from pxdbkg.framework.meta import EventMeta, EventNumbers
from pxdbkg.framework.module import AfterConditionPath, Module, Problem
from pxdbkg.framework.path import Path, create_path
from pxdbkg.framework.registry import register_module

__all__ = [
    "AfterConditionPath",
    "DataStore",
    "EventMeta",
    "EventNumbers",
    "Job",
    "Module",
    "Path",
    "Problem",
    "create_path",
    "register_module",
]
