"""Compiles what is in C: what places rows in memory, and what tells their words apart.

Without a C compiler segmentry is installed all the same, and does both by the expressions that every engine runs: the
same answers, more slowly.
"""

from setuptools import Extension, setup

# No contraction: each operation must round as it does in NumPy and in the engines. Nobody asks for errno or for
# floating-point traps, and loops without them take several numbers at a time.
FLAGS = ["-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]

setup(
    ext_modules=[
        Extension(
            f"segmentry.{name.replace('/', '.')}",
            [f"src/segmentry/{name}.c"],
            extra_compile_args=FLAGS,
            py_limited_api=True,
            optional=True,
        )
        for name in ("scoring/_kernel", "tables/embedded/_words")
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},  # one wheel for every Python from 3.11 on
)
