"""What the graphs of a payload may do: compute on their inputs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxdbkg.errors import PayloadError

_TENSORS = ["Tensor"]
# Method -> types of its arguments and of its result, as TorchScript writes them.
METHODS: dict[str, dict[str, tuple[list[str], str]]] = {
    "image": {"event": (_TENSORS * 2, "Tensor"), "image": (_TENSORS * 3, "Tensor")},
    "clusters": {
        "event": (_TENSORS * 3, "Tuple[Tensor, Tensor]"),
        "clusters": (["int", *_TENSORS * 4], f"Tuple[{', '.join(_TENSORS * 6)}]"),
    },
}

_CONTROL = """
prim::Constant prim::If prim::Loop prim::GetAttr prim::ListConstruct prim::ListUnpack prim::TupleConstruct
prim::TupleUnpack prim::TupleIndex prim::NumToTensor prim::RaiseException prim::Uninitialized prim::min prim::max
prim::dtype prim::device aten::Int aten::Float aten::Bool aten::IntImplicit aten::FloatImplicit aten::ScalarImplicit
aten::item aten::len aten::__getitem__ aten::__is__ aten::__isnot__ aten::__not__ aten::__contains__ aten::__and__
aten::__or__ aten::format aten::dim aten::size aten::numel aten::floordiv aten::__range_length aten::__derive_index
"""
_NUMBERS = """
aten::add aten::sub aten::rsub aten::mul aten::div aten::neg aten::abs aten::sign aten::pow aten::square aten::sqrt
aten::rsqrt aten::reciprocal aten::exp aten::exp2 aten::expm1 aten::log aten::log2 aten::log1p aten::sin aten::cos
aten::erf aten::erfinv aten::floor aten::ceil aten::round aten::trunc aten::frac aten::remainder aten::fmod
aten::clamp aten::clamp_min aten::clamp_max aten::minimum aten::maximum aten::min aten::max aten::amin aten::amax
aten::lerp aten::addcmul aten::addcdiv aten::eq aten::ne aten::lt aten::le aten::gt aten::ge aten::where
aten::logical_and aten::logical_or aten::logical_not aten::bitwise_and aten::bitwise_or aten::bitwise_xor
aten::bitwise_not aten::bitwise_left_shift aten::bitwise_right_shift aten::isnan aten::isfinite aten::nan_to_num
aten::sum aten::mean aten::var aten::std aten::prod aten::cumsum aten::cumprod aten::logsumexp aten::argmax
aten::argmin aten::any aten::all aten::searchsorted aten::bucketize aten::sort aten::argsort aten::topk
"""
_SHAPES = """
aten::view aten::reshape aten::flatten aten::unflatten aten::squeeze aten::unsqueeze aten::expand aten::expand_as
aten::broadcast_to aten::permute aten::transpose aten::t aten::contiguous aten::clone aten::detach aten::cat
aten::concat aten::stack aten::unbind aten::chunk aten::split aten::split_with_sizes aten::narrow aten::slice
aten::select aten::index_select aten::index aten::gather aten::take aten::take_along_dim aten::masked_select
aten::nonzero
aten::embedding aten::repeat aten::repeat_interleave aten::tile aten::roll aten::flip aten::pad aten::constant_pad_nd
aten::scatter aten::scatter_add aten::index_add aten::masked_fill aten::to aten::type_as aten::zeros aten::ones
aten::full aten::empty_like aten::zeros_like aten::ones_like aten::full_like aten::new_zeros aten::new_ones
aten::new_full aten::arange aten::tril aten::triu aten::one_hot
"""
_LAYERS = """
aten::linear aten::matmul aten::mm aten::bmm aten::addmm aten::baddbmm aten::einsum aten::outer aten::conv1d
aten::conv2d aten::conv3d aten::conv_transpose1d aten::conv_transpose2d aten::batch_norm aten::layer_norm
aten::group_norm aten::instance_norm aten::rms_norm aten::relu aten::relu6 aten::leaky_relu aten::elu aten::selu
aten::celu aten::gelu aten::silu aten::mish aten::sigmoid aten::hardsigmoid aten::hardtanh aten::hardswish
aten::tanh aten::softplus aten::softmax aten::log_softmax aten::prelu aten::glu aten::upsample_nearest1d
aten::upsample_nearest2d aten::upsample_bilinear2d aten::pixel_shuffle aten::avg_pool2d aten::max_pool2d
aten::adaptive_avg_pool2d aten::scaled_dot_product_attention
"""
ALLOWED = frozenset(f"{_CONTROL} {_NUMBERS} {_SHAPES} {_LAYERS}".split())


def check_graphs(network: Any, kind: str, where: str) -> None:
    """Raise PayloadError unless a TorchScript module has the methods of its kind and only allowed operators.

    Parameters
    ----------
    network : torch.jit.ScriptModule
    kind : ``image`` or ``clusters``
    where : the file, for messages

    Refused: random operators, files, Python, calls that cannot be followed, and every operator that writes to one of
    its arguments or to an attribute, so that a call leaves nothing behind.
    """
    for name, (arguments, result) in METHODS[kind].items():
        if not hasattr(network, name):
            raise PayloadError(f"{where}: has no method '{name}', which kind {kind} needs. Export it again")
        method = getattr(network, name)
        schema = method.schema
        found = [argument.type.annotation_str for argument in schema.arguments[1:]]
        returned = ", ".join(value.type.annotation_str for value in schema.returns)
        if found != arguments or returned != result:
            raise PayloadError(
                f"{where}: its method '{name}' is ({', '.join(found)}) -> {returned}, kind {kind} needs "
                f"({', '.join(arguments)}) -> {result}. Change the network and export it again"
            )
        for node in _nodes(method.inlined_graph):
            operator = node.kind()
            if operator not in ALLOWED:
                reason = "is not in the list of allowed operators"
            elif "!" in node.schema():
                reason = "writes to its argument"
            else:
                continue
            raise PayloadError(
                f"{where}: its method '{name}' uses '{operator}', which {reason} (no randomness, no files, no Python, "
                "no state). Pass noise as an input, or change the network, and export it again"
            )


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield all nodes of a graph, those of inner blocks too."""
    blocks = [graph]
    while blocks:
        for node in blocks.pop().nodes():
            yield node
            blocks.extend(node.blocks())
