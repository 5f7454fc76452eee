"""Named tuples that compiled code reads through a pointer.

Numba passes a tuple by value. A program and its arrays are a thousand numbers, which LLVM would take apart and put
together again wherever one of them is named: a third of the time of compilation. Through a `Reference` compiled code
reads the one field that it names, and a function that takes everything has one argument for it.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, models, register_model


class Reference(types.Type):
    """The type of a pointer to a named tuple.

    Fields that are named tuples with arrays are read as references, all others as values.
    """

    def __init__(self, pointee):
        self.pointee = pointee
        super().__init__(f"Reference({pointee.name})")


def _has_arrays(kind):
    """Whether a type is that of a named tuple that has arrays, itself or in a named tuple of it."""
    return isinstance(kind, types.BaseNamedTuple) and any(
        isinstance(field, types.Array) or _has_arrays(field) for field in kind.types
    )


@register_model(Reference)
class _ReferenceModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, dmm.lookup(fe_type.pointee).get_value_type().as_pointer())


@infer_getattr
class _Fields(AttributeTemplate):
    key = Reference

    def generic_resolve(self, reference, name):
        if name not in reference.pointee.fields:
            return None
        field = reference.pointee.types[reference.pointee.fields.index(name)]
        return Reference(field) if _has_arrays(field) else field


@lower_getattr_generic(Reference)
def _read_field(context, builder, reference, pointer, name):
    place = reference.pointee.fields.index(name)
    field = cgutils.gep_inbounds(builder, pointer, 0, place)
    if _has_arrays(reference.pointee.types[place]):
        return field
    value = builder.load(field)
    # No loop reads it anew after a store, which LLVM could not tell from a store to the tuple.
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@intrinsic
def refer(typingctx, given):
    """A `Reference` to a named tuple that has arrays; anything else, such as None, is returned as it is."""
    if not _has_arrays(given):
        return given(given), lambda context, builder, signature, args: args[0]

    def build(context, builder, signature, args):
        memory = cgutils.alloca_once_value(builder, args[0])
        # An empty instruction gives the pointer that is read through, so that no invariant load precedes the store.
        same = ir.FunctionType(memory.type, [memory.type])
        return builder.asm(same, "", "=r,0,~{memory}", [memory], side_effect=True)

    return Reference(given)(given), build
