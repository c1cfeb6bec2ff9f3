"""The worker process: it runs the tasks of the database queue, and cleans up in between."""

import time
from collections.abc import Callable
from typing import Final

from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus
from django_tasks.base import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from claims.webhooks.cleanup import clean_up

_CLEANUP_INTERVAL: Final = 60.0  # seconds


class DeskWorker(Worker):
    """The worker of django-tasks-db with a cleanup after killed workers.

    The library's own command has no cleanup, and it reloads itself under DEBUG. ``once`` ends the
    worker when the queue has no due task. ``report`` receives a line for each failed task.
    """

    def __init__(self, *, interval: float, once: bool, report: Callable[[str], object]) -> None:
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=interval,
            batch=True,  # super().run() returns when no task is due
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
        )
        self.once, self.report = once, report
        self._last_cleanup = float("-inf")

    def run(self) -> None:
        while self.running:
            self._clean_up_if_due()
            super().run()
            if self.once:
                return
            if self.running:
                time.sleep(self.interval)

    def run_task(self, db_task_result: DBTaskResult) -> None:
        super().run_task(db_task_result)
        if db_task_result.status == TaskResultStatus.FAILED:
            self.report(f"Task {db_task_result.task_name} failed:\n{db_task_result.traceback}")
        # Also between tasks: with a queue that never gets empty, run() would not come round.
        self._clean_up_if_due()

    def _clean_up_if_due(self) -> None:
        if time.monotonic() - self._last_cleanup >= _CLEANUP_INTERVAL:
            clean_up()
            self._last_cleanup = time.monotonic()
