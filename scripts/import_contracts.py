"""The import order of the house as a contract for import-linter: it needs no list of features."""

from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class FeaturesContract(Contract):
    """A module is `<package>.<feature>.<role>`; what it may import follows from these two.

    A top module (`<package>.<module>`) may import any feature, unless it belongs to the ground. A
    role without a place in the layers is free inside its feature and unseen from outside.
    """

    layers = fields.ListField(subfield=fields.StringField())
    open = fields.SetField(subfield=fields.StringField())
    independent = fields.SetField(subfield=fields.StringField())
    ground = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - given
        faults = [
            (importer, imported, fault)
            for importer in sorted(graph.modules)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if "." in importer and _is_of_feature(imported, graph)
            for fault in self._faults(importer.split(".")[1:], imported.split(".")[1:])
        ]
        return ContractCheck(kept=not faults, metadata={"faults": faults, "graph": graph})

    def _faults(self, importer: list[str], imported: list[str]) -> Iterator[str]:
        feature, role, *_ = [*importer, ""]
        other_feature, other_role, *_ = [*imported, ""]
        if feature in self.ground:
            yield f"{feature} knows no feature"
        elif not role:
            return
        elif feature == other_feature:
            if self._height(role, otherwise=len(self.layers)) < self._height(other_role):
                yield f"{other_role} is above {role}"
        elif feature in self.independent:
            yield f"{feature} knows no other feature"
        elif other_role not in self.open:
            yield f"other features may use only its {', '.join(sorted(self.open))}"

    def _height(self, role: str, *, otherwise: int = -1) -> int:
        return next((n for n, layer in enumerate(self.layers) if role in layer.split()), otherwise)

    def render_broken_contract(self, check: ContractCheck) -> None:
        graph = check.metadata["graph"]
        for importer, imported, fault in check.metadata["faults"]:
            for detail in graph.get_import_details(importer=importer, imported=imported):
                line = detail["line_number"]
                output.print_error(f"{importer}:{line} imports {imported}: {fault}", bold=False)


def _is_of_feature(module: str, graph: ImportGraph) -> bool:
    parts = module.split(".")
    return len(parts) > 1 and bool(graph.find_children(".".join(parts[:2])))
