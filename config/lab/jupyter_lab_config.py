"""JupyterLab as `make lab` opens it: on the start page, with short errors, asking nothing of the internet.

Without make: `jupyter lab --config=config/lab/jupyter_lab_config.py`. Its key is asked for as ever, and it listens to
this machine only.
"""

from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyterlab import NeverCheckForUpdate

HERE = Path(__file__).resolve().parent


class OwnKernels(KernelSpecManager):
    """Python as this environment has it, told to show errors short; nobody else's kernels."""

    def _kernel_dirs_default(self) -> list[str]:
        return [str(HERE / "kernels")]


c = get_config()  # noqa: F821 — Jupyter gives it to every file of settings
c.ServerApp.ip = "localhost"
c.KernelManager.transport_encryption = "auto"  # between the server and the notebooks' Python, on a shared machine
c.ServerApp.root_dir = str(HERE.parents[1])
c.ServerApp.kernel_spec_manager_class = OwnKernels
c.LabApp.default_url = "/lab/tree/notebooks/README.md"
c.LabApp.app_settings_dir = str(HERE)
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = NeverCheckForUpdate
c.LabApp.extension_manager = "readonly"
