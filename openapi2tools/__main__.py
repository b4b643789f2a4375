"""`python -m openapi2tools` is `openapi2tools`."""

from openapi2tools.cli.main import main

if __name__ == "__main__":
    main()
