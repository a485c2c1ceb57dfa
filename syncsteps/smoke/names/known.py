"""Distributions whose names do not follow from their metadata, as far as they are known."""

from __future__ import annotations

__all__ = ["KNOWN_NAMES", "MODULES_OF", "PLUGIN_HOSTS", "UNDECLARED"]

KNOWN_NAMES = {
    # Refuse to be imported before the package that they speed up.
    "psycopg-binary": ("psycopg", "psycopg_binary"),
    "psycopg-c": ("psycopg", "psycopg_c"),
}
"""What to import of a distribution, by its normalized name, in this order."""

UNDECLARED = {
    # IPython loads it only where matplotlib is in use.
    "matplotlib-inline": ("matplotlib",),
}
"""What a distribution may do without, although it does not say that it needs it."""

MODULES_OF = {
    "apache-airflow": ("airflow",),
    "attrs": ("attr", "attrs"),
    "beautifulsoup4": ("bs4",),
    "cffi": ("cffi", "_cffi_backend"),
    "djangorestframework": ("rest_framework",),
    "dnspython": ("dns",),
    "gitpython": ("git",),
    "kafka-python": ("kafka",),
    "hatchling": ("hatchling", "hatch"),
    "mysqlclient": ("MySQLdb",),
    "opencv-python": ("cv2",),
    "opencv-python-headless": ("cv2",),
    "pastedeploy": ("paste",),
    "pillow": ("PIL",),
    "psycopg2-binary": ("psycopg2",),
    "pycryptodome": ("Crypto",),
    "pycryptodomex": ("Cryptodome",),
    "pygobject": ("gi",),
    "pyjwt": ("jwt",),
    "pynacl": ("nacl",),
    "pyopengl": ("OpenGL",),
    "pyopenssl": ("OpenSSL",),
    "pyserial": ("serial",),
    "pysocks": ("socks",),
    "python-dateutil": ("dateutil",),
    "python-dotenv": ("dotenv",),
    "python-jose": ("jose",),
    "python-json-logger": ("pythonjsonlogger",),
    "python-ldap": ("ldap",),
    "python-magic": ("magic",),
    "python-multipart": ("multipart", "python_multipart"),
    "python-snappy": ("snappy",),
    "pyusb": ("usb",),
    "pyyaml": ("yaml", "_yaml"),
    "pyzmq": ("zmq",),
    "scikit-image": ("skimage",),
    "scikit-learn": ("sklearn",),
    "websocket-client": ("websocket",),
}
"""Top-level modules of popular distributions that are called otherwise than the distribution."""

PLUGIN_HOSTS = {
    "airflow": "apache-airflow",
    "apache-airflow-provider": "apache-airflow",
    "babel": "babel",
    "celery": "celery",
    "dask": "dask",
    "distutils": "setuptools",
    "docutils": "docutils",
    "egg-info": "setuptools",
    "flake8": "flake8",
    "fsspec": "fsspec",
    "hatch": "hatchling",
    "hypothesis": "hypothesis",
    "keyring": "keyring",
    "markdown": "markdown",
    "mkdocs": "mkdocs",
    "nbconvert": "nbconvert",
    "nose": "nose",
    "paste": "pastedeploy",
    "pygments": "pygments",
    "pylint": "pylint",
    "pytest11": "pytest",
    "setuptools": "setuptools",
    "sphinx": "sphinx",
    "sqlalchemy": "sqlalchemy",
    "tox": "tox",
    "twine": "twine",
    "xarray": "xarray",
}
"""The distribution that asks for the entry points of a group, by what its name begins with."""
