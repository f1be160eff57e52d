"""Build of the compiled part; everything else about the package is in pyproject.toml."""

import os
import subprocess
from glob import glob
from pathlib import Path

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import setup
from setuptools.command.build_py import build_py

# Draws are promised to be the same on every x86-64 machine: no fused multiply-add, no -march=native, no -ffast-math.
# -fno-trapping-math lets loops vectorise and changes no value.
COMPILE = ["-O3", "-ffp-contract=off", "-fno-trapping-math", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow"]
LINK: list[str] = []
if os.environ.get("PXDBKG_WERROR"):
    COMPILE.append("-Werror")
if sanitizers := os.environ.get("PXDBKG_SANITIZE"):  # for example "address,undefined"
    COMPILE += [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1"]
    LINK.append(f"-fsanitize={sanitizers}")


class StampCommit(build_py):
    """Write the commit that is built into the package, for the provenance of output files."""

    def run(self) -> None:
        super().run()
        try:
            commit = subprocess.run(
                ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
                cwd=Path(__file__).parent,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return
        package = Path(self.build_lib) / "pxdbkg"
        if package.is_dir() and not self.editable_mode:
            (package / "_build.py").write_text(f'"""Written by setup.py."""\n\nCOMMIT = "{commit}"\n')


ParallelCompile("NPY_NUM_BUILD_JOBS", default=0).install()
setup(
    cmdclass={"build_py": StampCommit},
    ext_modules=[
        Pybind11Extension(
            "pxdbkg._core",
            sorted(glob("csrc/pxdbkg/*.cpp") + glob("csrc/bindings/*.cpp")),
            include_dirs=["csrc"],
            depends=sorted(glob("csrc/**/*.hpp", recursive=True)),
            cxx_std=17,
            extra_compile_args=COMPILE,
            extra_link_args=LINK,
        )
    ],
)
