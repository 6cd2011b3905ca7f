"""HTML pages of reports: one file each that requests nothing."""

from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

BASE = "base.html"  # what the templates extend: head, style, and the blocks title, width, style and content


def render_page(package: str, template: str, **values: object) -> str:
    """Render a template of a package. Values are escaped.

    Args:
        package: name of the package that contains the template.
        template: name of its file.
        values: by their names in the template.
    """
    sources = {
        BASE: files(__package__).joinpath(BASE).read_text("utf-8"),
        template: files(package).joinpath(template).read_text("utf-8"),
    }
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(template).render(values)
