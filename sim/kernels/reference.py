"""Named tuples that compiled code reads through a pointer.

Numba passes a tuple by value. A program and its arrays are a thousand numbers, which LLVM would take apart and put
together again wherever one of them is named: a third of the time of compilation. Through a `Reference` compiled code
reads the one field that it names, and a function that takes everything has one argument for it.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)


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


@unbox(Reference)
def _take_apart(kind, given, c):
    """A pointer to the numbers of a named tuple of Python, and to where its arrays lie, for the time of the call."""
    memory = cgutils.alloca_once(c.builder, c.context.get_value_type(kind.pointee))
    wrong = _fill(memory, kind.pointee, given, c)
    # An empty instruction gives the pointer that is read through, so that no invariant load precedes what fills it.
    same = ir.FunctionType(memory.type, [memory.type])
    return NativeValue(c.builder.asm(same, "", "=r,0,~{memory}", [memory], side_effect=True), is_error=wrong)


def _fill(memory, kind, given, c):
    """Fill the memory of a named tuple field by field; whether a field is not what its type says."""
    wrong = cgutils.false_bit
    for number, field in enumerate(kind.types):
        item, place = c.pyapi.tuple_getitem(given, number), cgutils.gep_inbounds(c.builder, memory, 0, number)
        if _has_arrays(field):
            failed = _fill(place, field, item, c)
        elif isinstance(field, types.Array):
            code = c.pyapi.numba_array_adaptor(item, c.builder.bitcast(place, c.pyapi.voidptr))
            failed = cgutils.is_not_null(c.builder, code)
        else:
            native = c.unbox(field, item)
            c.builder.store(native.value, place)
            failed = native.is_error
        wrong = c.builder.or_(wrong, failed)
    return wrong


def by_reference(*classes):
    """Let outermost kernels take these named tuples, which have arrays, as a `Reference` each.

    Numba would take every array out of a tuple by code of its own and pass all of their parts as arguments.
    """
    for each in classes:
        typeof_impl.register(each, _type_of)


def _type_of(given, context):
    return Reference(types.BaseTuple.from_types([typeof_impl(field, context) for field in given], type(given)))
