"""The worker: it works off the queue that the database holds, and tidies up in between."""

import time
from collections.abc import Callable
from typing import Final

from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus
from django_tasks.base import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from claims.webhooks.cleanup import tidy

_TIDY_EVERY: Final = 60.0  # seconds


class DeskWorker(Worker):
    """Django-tasks-db's worker, which also finds what a worker that was killed has left.

    Its own would run for ever without that, and reload itself under DEBUG. ``once`` ends it when
    nothing is due any more; ``say`` gets a line for each task that failed.
    """

    def __init__(self, *, interval: float, once: bool, say: Callable[[str], object]) -> None:
        super().__init__(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=interval,
            batch=True,  # a round ends when nothing is due
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
        )
        self.once, self.say = once, say
        self._tidied = float("-inf")

    def run(self) -> None:
        while self.running:
            self._tidy_now_and_then()
            super().run()
            if self.once:
                return
            if self.running:
                time.sleep(self.interval)

    def run_task(self, db_task_result: DBTaskResult) -> None:
        super().run_task(db_task_result)
        if db_task_result.status == TaskResultStatus.FAILED:
            self.say(f"Task {db_task_result.task_name} failed:\n{db_task_result.traceback}")
        self._tidy_now_and_then()  # a queue that is never empty has no other moment for it

    def _tidy_now_and_then(self) -> None:
        if time.monotonic() - self._tidied >= _TIDY_EVERY:
            tidy()
            self._tidied = time.monotonic()
