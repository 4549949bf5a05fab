# RUN: %python %s | %filecheck
# Property: a Gated DeltaNet layer convolves, corrects its state by each token and gates the answer;
# `decode` takes one step and hands both states on, `prefill` solves a triangular system in each
# chunk and passes the state from chunk to chunk in a loop.

from typing import Any

import rlxflow as rf
from rlxflow.blocks.gated_delta import GatedDeltaNet

numbers: dict[str, Any] = {
    "prefix": "m",
    "num_key_heads": 2,
    "num_value_heads": 6,
    "key_head_dim": 4,
    "value_head_dim": 7,
    "conv_kernel_dim": 3,
    "eps": 0.5,
    "chunk_size": 5,
}

decode = (
    rf.ModelFlow("decode")
    .input("x", rf.Shape([1, 1, 9]))
    .stage("gdn", GatedDeltaNet(**numbers, packed=False, phase="decode", state_key="l0"))
)
print(decode.build().mlir("flow"))
# CHECK-LABEL: module @decode
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[CONV_STATE_ARG:[^:]+]]: tensor<1x58x2xf32> {rlx.state = "l0.conv_state"}
# CHECK-SAME:   %[[RECURRENT_ARG:[^:]+]]: tensor<1x6x4x7xf32> {rlx.state = "l0.recurrent_state"}
# CHECK-SAME:   tensor<1x1x9xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<1x58x2xf32> {rlx.output = "l0.conv_state"}
# CHECK-SAME:   tensor<1x6x4x7xf32> {rlx.output = "l0.recurrent_state"}
# CHECK:      %[[Y:.+]]:3 = "rlx.stage"(
# CHECK-SAME:   %[[CONV_STATE_ARG]]
# CHECK-SAME:   %[[RECURRENT_ARG]]
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x1x9xf32>,
# CHECK-SAME:   %[[QKV_W:[^:]+]]: tensor<58x9xf32>,
# CHECK-SAME:   %[[Z_W:[^:]+]]: tensor<42x9xf32>,
# CHECK-SAME:   %[[B_W:[^:]+]]: tensor<6x9xf32>,
# CHECK-SAME:   %[[A_W:[^:]+]]: tensor<6x9xf32>,
# CHECK-SAME:   %[[CONV_ARG:[^:]+]]: tensor<58x1x3xf32>,
# CHECK-SAME:   %[[CONV_STATE:[^:]+]]: tensor<1x58x2xf32>,
# CHECK-SAME:   %[[A_LOG:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[DT_BIAS:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[RECURRENT:[^:]+]]: tensor<1x6x4x7xf32>,
# CHECK-SAME:   %[[NORM:[^:]+]]: tensor<7xf32>,
# CHECK-SAME:   %[[OUT_W:[^:]+]]: tensor<9x42xf32>)
# CHECK:      %[[QKV:.+]] = stablehlo.dot_general %[[X]], %[[QKV_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[Z_FLAT:.+]] = stablehlo.dot_general %[[X]],
# CHECK-SAME:   %[[Z_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[Z:.+]] = stablehlo.reshape %[[Z_FLAT]] : {{.*}} -> tensor<1x1x2x3x7xf32>
# CHECK:      %[[B_FLAT:.+]] = stablehlo.dot_general %[[X]],
# CHECK-SAME:   %[[B_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[B:.+]] = stablehlo.reshape %[[B_FLAT]] : {{.*}} -> tensor<1x1x2x3xf32>
# CHECK:      %[[A_FLAT:.+]] = stablehlo.dot_general %[[X]],
# CHECK-SAME:   %[[A_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[A:.+]] = stablehlo.reshape %[[A_FLAT]] : {{.*}} -> tensor<1x1x2x3xf32>
# CHECK:      %[[CONV_W_1:.+]] = stablehlo.slice %[[CONV_ARG]] [0:58, 0:1, 0:3] :
# CHECK:      %[[CONV_W:.+]] = stablehlo.reshape %[[CONV_W_1]] : {{.*}} -> tensor<58x3xf32>
# CHECK:      %[[BEFORE:.+]] = stablehlo.transpose %[[CONV_STATE]], dims = [0, 2, 1] :
# CHECK:      %[[WINDOW:.+]] = stablehlo.concatenate %[[BEFORE]], %[[QKV]], dim = 1 :
# CHECK:      %[[LAST:.+]] = stablehlo.slice %[[WINDOW]] [0:1, 1:3, 0:58] :
# CHECK:      %[[AFTER:.+]] = stablehlo.transpose %[[LAST]], dims = [0, 2, 1] :
# CHECK:      %[[PAST0:.+]] = stablehlo.slice %[[WINDOW]] [0:1, 0:1, 0:58] :
# CHECK:      %[[TAP0_1:.+]] = stablehlo.slice %[[CONV_W]] [0:58, 0:1] :
# CHECK:      %[[TAP0:.+]] = stablehlo.reshape %[[TAP0_1]] : {{.*}} -> tensor<58xf32>
# CHECK:      %[[TAP0_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[TAP0]], dims = [2] : {{.*}} -> tensor<1x1x58xf32>
# CHECK:      %[[TERM0:.+]] = stablehlo.multiply %[[PAST0]], %[[TAP0_ALL]] :
# CHECK:      %[[PAST1:.+]] = stablehlo.slice %[[WINDOW]] [0:1, 1:2, 0:58] :
# CHECK:      %[[TAP1_1:.+]] = stablehlo.slice %[[CONV_W]] [0:58, 1:2] :
# CHECK:      %[[TAP1:.+]] = stablehlo.reshape %[[TAP1_1]] : {{.*}} -> tensor<58xf32>
# CHECK:      %[[TAP1_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[TAP1]], dims = [2] : {{.*}} -> tensor<1x1x58xf32>
# CHECK:      %[[TERM1:.+]] = stablehlo.multiply %[[PAST1]], %[[TAP1_ALL]] :
# CHECK:      %[[PAST2:.+]] = stablehlo.slice %[[WINDOW]] [0:1, 2:3, 0:58] :
# CHECK:      %[[TAP2_1:.+]] = stablehlo.slice %[[CONV_W]] [0:58, 2:3] :
# CHECK:      %[[TAP2:.+]] = stablehlo.reshape %[[TAP2_1]] : {{.*}} -> tensor<58xf32>
# CHECK:      %[[TAP2_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[TAP2]], dims = [2] : {{.*}} -> tensor<1x1x58xf32>
# CHECK:      %[[TERM2:.+]] = stablehlo.multiply %[[PAST2]], %[[TAP2_ALL]] :
# CHECK:      %[[SUM01:.+]] = stablehlo.add %[[TERM0]], %[[TERM1]] :
# CHECK:      %[[CONVED:.+]] = stablehlo.add %[[SUM01]], %[[TERM2]] :
# CHECK:      %[[CONV_SIGMOID:.+]] = stablehlo.logistic %[[CONVED]] :
# CHECK:      %[[MIXED:.+]] = stablehlo.multiply %[[CONVED]], %[[CONV_SIGMOID]] :
# CHECK:      %[[Q_FLAT:.+]] = stablehlo.slice %[[MIXED]] [0:1, 0:1, 0:8] :
# CHECK:      %[[Q_RAW:.+]] = stablehlo.reshape %[[Q_FLAT]] : {{.*}} -> tensor<1x1x2x4xf32>
# CHECK:      %[[K_FLAT:.+]] = stablehlo.slice %[[MIXED]] [0:1, 0:1, 8:16] :
# CHECK:      %[[K_RAW:.+]] = stablehlo.reshape %[[K_FLAT]] : {{.*}} -> tensor<1x1x2x4xf32>
# CHECK:      %[[V_FLAT:.+]] = stablehlo.slice %[[MIXED]] [0:1, 0:1, 16:58] :
# CHECK:      %[[A_LOG_HEADS:.+]] = stablehlo.reshape %[[A_LOG]] : {{.*}} -> tensor<2x3xf32>
# CHECK:      %[[RATE:.+]] = stablehlo.exponential %[[A_LOG_HEADS]] :
# CHECK:      %[[MINUS_RATE:.+]] = stablehlo.negate %[[RATE]] :
# CHECK:      %[[DT_HEADS:.+]] = stablehlo.reshape %[[DT_BIAS]] : {{.*}} -> tensor<2x3xf32>
# CHECK:      %[[DT_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[DT_HEADS]], dims = [2, 3] : {{.*}} -> tensor<1x1x2x3xf32>
# CHECK:      %[[WAIT:.+]] = stablehlo.add %[[A]], %[[DT_ALL]] :
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<1x1x2x3xf32>
# CHECK:      %[[POSITIVE:.+]] = stablehlo.maximum %[[WAIT]], %[[ZERO]] :
# CHECK:      %[[SIZE:.+]] = stablehlo.abs %[[WAIT]] :
# CHECK:      %[[MINUS_SIZE:.+]] = stablehlo.negate %[[SIZE]] :
# CHECK:      %[[SMALL:.+]] = stablehlo.exponential %[[MINUS_SIZE]] :
# CHECK:      %[[LOG:.+]] = stablehlo.log_plus_one %[[SMALL]] :
# CHECK:      %[[SOFTPLUS:.+]] = stablehlo.add %[[POSITIVE]], %[[LOG]] :
# CHECK:      %[[RATE_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[MINUS_RATE]], dims = [2, 3] : {{.*}} -> tensor<1x1x2x3xf32>
# CHECK:      %[[DECAY:.+]] = stablehlo.multiply %[[SOFTPLUS]], %[[RATE_ALL]] :
# CHECK:      %[[BETA:.+]] = stablehlo.logistic %[[B]] :
# CHECK:      %[[Q_SQUARE:.+]] = stablehlo.multiply %[[Q_RAW]], %[[Q_RAW]] :
# CHECK:      %[[Q_ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[Q_SUM:.+]] = stablehlo.reduce(%[[Q_SQUARE]] init:
# CHECK-SAME:   %[[Q_ZERO]]) applies stablehlo.add across dimensions = [3] :
# CHECK:      %[[Q_EPS:.+]] = stablehlo.constant dense<9.99999997E-7> : tensor<1x1x2xf32>
# CHECK:      %[[Q_SAFE:.+]] = stablehlo.add %[[Q_SUM]], %[[Q_EPS]] :
# CHECK:      %[[Q_RSQRT:.+]] = stablehlo.rsqrt %[[Q_SAFE]] :
# CHECK:      %[[Q_RSQRT_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[Q_RSQRT]], dims = [0, 1, 2] : {{.*}} -> tensor<1x1x2x4xf32>
# CHECK:      %[[Q_UNIT:.+]] = stablehlo.multiply %[[Q_RAW]], %[[Q_RSQRT_ALL]] :
# CHECK:      %[[SCALE:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x1x2x4xf32>
# CHECK:      %[[Q:.+]] = stablehlo.multiply %[[Q_UNIT]], %[[SCALE]] :
# CHECK:      %[[K_SQUARE:.+]] = stablehlo.multiply %[[K_RAW]], %[[K_RAW]] :
# CHECK:      %[[K_ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[K_SUM:.+]] = stablehlo.reduce(%[[K_SQUARE]] init:
# CHECK-SAME:   %[[K_ZERO]]) applies stablehlo.add across dimensions = [3] :
# CHECK:      %[[K_EPS:.+]] = stablehlo.constant dense<9.99999997E-7> : tensor<1x1x2xf32>
# CHECK:      %[[K_SAFE:.+]] = stablehlo.add %[[K_SUM]], %[[K_EPS]] :
# CHECK:      %[[K_RSQRT:.+]] = stablehlo.rsqrt %[[K_SAFE]] :
# CHECK:      %[[K_RSQRT_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[K_RSQRT]], dims = [0, 1, 2] : {{.*}} -> tensor<1x1x2x4xf32>
# CHECK:      %[[K:.+]] = stablehlo.multiply %[[K_RAW]], %[[K_RSQRT_ALL]] :
# CHECK:      %[[V:.+]] = stablehlo.reshape %[[V_FLAT]] : {{.*}} -> tensor<1x1x2x3x7xf32>
# CHECK:      %[[STATE:.+]] = stablehlo.reshape %[[RECURRENT]] : {{.*}} -> tensor<1x2x3x4x7xf32>
# CHECK:      %[[Q_1:.+]] = stablehlo.slice %[[Q]] [0:1, 0:1, 0:2, 0:4] :
# CHECK:      %[[Q_NOW:.+]] = stablehlo.reshape %[[Q_1]] : {{.*}} -> tensor<1x2x4xf32>
# CHECK:      %[[K_1:.+]] = stablehlo.slice %[[K]] [0:1, 0:1, 0:2, 0:4] :
# CHECK:      %[[K_NOW:.+]] = stablehlo.reshape %[[K_1]] : {{.*}} -> tensor<1x2x4xf32>
# CHECK:      %[[V_1:.+]] = stablehlo.slice %[[V]] [0:1, 0:1, 0:2, 0:3, 0:7] :
# CHECK:      %[[V_NOW:.+]] = stablehlo.reshape %[[V_1]] : {{.*}} -> tensor<1x2x3x7xf32>
# CHECK:      %[[DECAY_1:.+]] = stablehlo.slice %[[DECAY]] [0:1, 0:1, 0:2, 0:3] :
# CHECK:      %[[DECAY_NOW:.+]] = stablehlo.reshape %[[DECAY_1]] : {{.*}} -> tensor<1x2x3xf32>
# CHECK:      %[[BETA_1:.+]] = stablehlo.slice %[[BETA]] [0:1, 0:1, 0:2, 0:3] :
# CHECK:      %[[BETA_NOW:.+]] = stablehlo.reshape %[[BETA_1]] : {{.*}} -> tensor<1x2x3xf32>
# CHECK:      %[[FADE:.+]] = stablehlo.exponential %[[DECAY_NOW]] :
# CHECK:      %[[KNOWN_RAW:.+]] = stablehlo.dot_general %[[STATE]],
# CHECK-SAME:   %[[K_NOW]], batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] :
# CHECK:      %[[FADE_O:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[FADE]], dims = [0, 1, 2] : {{.*}} -> tensor<1x2x3x7xf32>
# CHECK:      %[[KNOWN:.+]] = stablehlo.multiply %[[KNOWN_RAW]], %[[FADE_O]] :
# CHECK:      %[[ERROR:.+]] = stablehlo.subtract %[[V_NOW]], %[[KNOWN]] :
# CHECK:      %[[BETA_O:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[BETA_NOW]], dims = [0, 1, 2] : {{.*}} -> tensor<1x2x3x7xf32>
# CHECK:      %[[LACK:.+]] = stablehlo.multiply %[[ERROR]], %[[BETA_O]] :
# CHECK:      %[[K_IO:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[K_NOW]], dims = [0, 1, 3] : {{.*}} -> tensor<1x2x3x4x7xf32>
# CHECK:      %[[LACK_IO:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[LACK]], dims = [0, 1, 2, 4] : {{.*}} -> tensor<1x2x3x4x7xf32>
# CHECK:      %[[NEWS:.+]] = stablehlo.multiply %[[K_IO]], %[[LACK_IO]] :
# CHECK:      %[[FADE_IO:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[FADE]], dims = [0, 1, 2] : {{.*}} -> tensor<1x2x3x4x7xf32>
# CHECK:      %[[FADED:.+]] = stablehlo.multiply %[[STATE]], %[[FADE_IO]] :
# CHECK:      %[[STATE_NEW:.+]] = stablehlo.add %[[FADED]], %[[NEWS]] :
# CHECK:      %[[ANSWER_NOW:.+]] = stablehlo.dot_general %[[STATE_NEW]],
# CHECK-SAME:   %[[Q_NOW]], batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] :
# CHECK:      %[[ANSWER:.+]] = stablehlo.reshape %[[ANSWER_NOW]] : {{.*}} -> tensor<1x1x2x3x7xf32>
# CHECK:      %[[STATE_OUT:.+]] = stablehlo.reshape %[[STATE_NEW]] : {{.*}} -> tensor<1x6x4x7xf32>
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[ANSWER]], %[[ANSWER]] :
# CHECK:      %[[N_ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[N_SUM:.+]] = stablehlo.reduce(%[[SQUARE]] init:
# CHECK-SAME:   %[[N_ZERO]]) applies stablehlo.add across dimensions = [4] :
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<7.000000e+00> : tensor<1x1x2x3xf32>
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[N_SUM]], %[[COUNT]] :
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x1x2x3xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.add %[[MEAN]], %[[EPS]] :
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[SAFE]] :
# CHECK:      %[[RSQRT_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[RSQRT]], dims = [0, 1, 2, 3] : {{.*}} -> tensor<1x1x2x3x7xf32>
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %[[ANSWER]], %[[RSQRT_ALL]] :
# CHECK:      %[[NORM_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[NORM]], dims = [4] : {{.*}} -> tensor<1x1x2x3x7xf32>
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[NORMED]], %[[NORM_ALL]] :
# CHECK:      %[[Z_SIGMOID:.+]] = stablehlo.logistic %[[Z]] :
# CHECK:      %[[GATE:.+]] = stablehlo.multiply %[[Z]], %[[Z_SIGMOID]] :
# CHECK:      %[[GATED:.+]] = stablehlo.multiply %[[SCALED]], %[[GATE]] :
# CHECK:      %[[JOINED:.+]] = stablehlo.reshape %[[GATED]] : {{.*}} -> tensor<1x1x42xf32>
# CHECK:      %[[OUT:.+]] = stablehlo.dot_general %[[JOINED]],
# CHECK-SAME:   %[[OUT_W]], contracting_dims = [2] x [1] :
# CHECK:      "rlx.yield"(%[[AFTER]], %[[STATE_OUT]], %[[OUT]]) :
# CHECK:      }) {block = "gated_delta_net"
# CHECK-SAME:   phase = "decode"
# CHECK:      return %[[Y]]#2, %[[Y]]#0, %[[Y]]#1 :

prefill = (
    rf.ModelFlow("prefill")
    .input("x", rf.Shape([1, 8, 9]))
    .stage("gdn", GatedDeltaNet(**numbers, packed=True))
)
print(prefill.build().mlir("flow"))
# CHECK-LABEL: module @prefill
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x8x9xf32>,
# CHECK-SAME:   %[[QKVZ_W:[^:]+]]: tensor<100x9xf32>,
# CHECK-SAME:   %[[BA_W:[^:]+]]: tensor<12x9xf32>,
# CHECK-SAME:   %[[CONV_ARG:[^:]+]]: tensor<58x1x3xf32>,
# CHECK-SAME:   %[[A_LOG:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[DT_BIAS:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[NORM:[^:]+]]: tensor<7xf32>,
# CHECK-SAME:   %[[OUT_W:[^:]+]]: tensor<9x42xf32>)
# CHECK:      %[[QKVZ:.+]] = stablehlo.dot_general %[[X]],
# CHECK-SAME:   %[[QKVZ_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[BY_HEAD:.+]] = stablehlo.reshape %[[QKVZ]] : {{.*}} -> tensor<1x8x2x50xf32>
# CHECK:      %[[Q_PART:.+]] = stablehlo.slice %[[BY_HEAD]] [0:1, 0:8, 0:2, 0:4] :
# CHECK:      %[[K_PART:.+]] = stablehlo.slice %[[BY_HEAD]] [0:1, 0:8, 0:2, 4:8] :
# CHECK:      %[[V_PART:.+]] = stablehlo.slice %[[BY_HEAD]] [0:1, 0:8, 0:2, 8:29] :
# CHECK:      %[[Z_PART:.+]] = stablehlo.slice %[[BY_HEAD]] [0:1, 0:8, 0:2, 29:50] :
# CHECK:      %[[BA:.+]] = stablehlo.dot_general %[[X]], %[[BA_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[BA_BY_HEAD:.+]] = stablehlo.reshape %[[BA]] : {{.*}} -> tensor<1x8x2x6xf32>
# CHECK:      %[[B:.+]] = stablehlo.slice %[[BA_BY_HEAD]] [0:1, 0:8, 0:2, 0:3] :
# CHECK:      %[[A:.+]] = stablehlo.slice %[[BA_BY_HEAD]] [0:1, 0:8, 0:2, 3:6] :
# CHECK:      %[[Q_ALL:.+]] = stablehlo.reshape %[[Q_PART]] : {{.*}} -> tensor<1x8x8xf32>
# CHECK:      %[[K_ALL:.+]] = stablehlo.reshape %[[K_PART]] : {{.*}} -> tensor<1x8x8xf32>
# CHECK:      %[[V_ALL:.+]] = stablehlo.reshape %[[V_PART]] : {{.*}} -> tensor<1x8x42xf32>
# CHECK:      %[[QKV:.+]] = stablehlo.concatenate %[[Q_ALL]], %[[K_ALL]], %[[V_ALL]], dim = 2 :
# CHECK:      %[[Z:.+]] = stablehlo.reshape %[[Z_PART]] : {{.*}} -> tensor<1x8x2x3x7xf32>
# CHECK:      %[[WINDOW:.+]] = stablehlo.pad %[[QKV]],
# CHECK-SAME:   %{{[^ ,)]+}}, low = [0, 2, 0], high = [0, 0, 0]
# CHECK:      %[[V:.+]] = stablehlo.reshape %{{[^ ,)]+}} : {{.*}} -> tensor<1x8x2x3x7xf32>
# CHECK:      %[[EMPTY:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<1x6x4x7xf32>
# CHECK:      %[[START:.+]] = stablehlo.reshape %[[EMPTY]] : {{.*}} -> tensor<1x2x3x4x7xf32>
# CHECK:      %[[Q_PADDED:.+]] = stablehlo.pad %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, low = [0, 0, 0, 0], high = [0, 2, 0, 0]
# CHECK:      %[[Q_CHUNKS:.+]] = stablehlo.reshape %[[Q_PADDED]] : {{.*}} -> tensor<1x2x5x2x4xf32>
# CHECK:      %[[Q_C:.+]] = stablehlo.transpose %[[Q_CHUNKS]], dims = [1, 0, 3, 2, 4] :
# CHECK:      %[[K_PADDED:.+]] = stablehlo.pad %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, low = [0, 0, 0, 0], high = [0, 2, 0, 0]
# CHECK:      %[[K_CHUNKS:.+]] = stablehlo.reshape %[[K_PADDED]] : {{.*}} -> tensor<1x2x5x2x4xf32>
# CHECK:      %[[K_C:.+]] = stablehlo.transpose %[[K_CHUNKS]], dims = [1, 0, 3, 2, 4] :
# CHECK:      %[[V_PADDED:.+]] = stablehlo.pad %[[V]],
# CHECK-SAME:   %{{[^ ,)]+}}, low = [0, 0, 0, 0, 0], high = [0, 2, 0, 0, 0]
# CHECK:      %[[V_CHUNKS:.+]] = stablehlo.reshape %[[V_PADDED]] : {{.*}} -> tensor<1x2x5x2x3x7xf32>
# CHECK:      %[[V_C:.+]] = stablehlo.transpose %[[V_CHUNKS]], dims = [1, 0, 3, 4, 2, 5] :
# CHECK:      %[[DECAY_PADDED:.+]] = stablehlo.pad %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, low = [0, 0, 0, 0], high = [0, 2, 0, 0]
# CHECK:      %[[DECAY_CHUNKS:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[DECAY_PADDED]] : {{.*}} -> tensor<1x2x5x2x3xf32>
# CHECK:      %[[DECAY_C:.+]] = stablehlo.transpose %[[DECAY_CHUNKS]], dims = [1, 0, 3, 4, 2] :
# CHECK:      %[[BETA_PADDED:.+]] = stablehlo.pad %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, low = [0, 0, 0, 0], high = [0, 2, 0, 0]
# CHECK:      %[[BETA_CHUNKS:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[BETA_PADDED]] : {{.*}} -> tensor<1x2x5x2x3xf32>
# CHECK:      %[[BETA_C:.+]] = stablehlo.transpose %[[BETA_CHUNKS]], dims = [1, 0, 3, 4, 2] :
# CHECK:      %[[ZERO_W:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUMS:.+]] = "stablehlo.reduce_window"(%[[DECAY_C]], %[[ZERO_W]])
# CHECK-SAME:   padding = dense<{{\[\[}}0, 0], [0, 0], [0, 0], [0, 0], [4, 0]]>
# CHECK-SAME:   window_dimensions = array<i64: 1, 1, 1, 1, 5>
# CHECK:      ^bb0(%[[W1:[^:]+]]: tensor<f32>, %[[W2:[^:]+]]: tensor<f32>):
# CHECK:      %[[W_ADD:.+]] = stablehlo.add %[[W1]], %[[W2]] :
# CHECK:      stablehlo.return %[[W_ADD]] :
# CHECK:      %[[ROWS1:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[ROWS1_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[ROWS1]], dims = [0] : {{.*}} -> tensor<5x5xi32>
# CHECK:      %[[COLS1:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[COLS1_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[COLS1]], dims = [1] : {{.*}} -> tensor<5x5xi32>
# CHECK:      %[[PAST:.+]] = stablehlo.compare GE, %[[ROWS1_ALL]], %[[COLS1_ALL]] :
# CHECK:      %[[ROWS2:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[ROWS2_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[ROWS2]], dims = [0] : {{.*}} -> tensor<5x5xi32>
# CHECK:      %[[COLS2:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[COLS2_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[COLS2]], dims = [1] : {{.*}} -> tensor<5x5xi32>
# CHECK:      %[[STRICT:.+]] = stablehlo.compare GT, %[[ROWS2_ALL]], %[[COLS2_ALL]] :
# CHECK:      %[[SUMS_T:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[SUMS]], dims = [0, 1, 2, 3, 4] : {{.*}} -> tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[SUMS_S:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[SUMS]], dims = [0, 1, 2, 3, 5] : {{.*}} -> tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[AGES_RAW:.+]] = stablehlo.subtract %[[SUMS_T]], %[[SUMS_S]] :
# CHECK:      %[[NO_AGE:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[PAST_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[PAST]], dims = [4, 5] : {{.*}} -> tensor<2x1x2x3x5x5xi1>
# CHECK:      %[[AGES:.+]] = stablehlo.select %[[PAST_ALL]], %[[AGES_RAW]], %[[NO_AGE]] :
# CHECK:      %[[FADED:.+]] = stablehlo.exponential %[[AGES]] :
# CHECK:      %[[GROWN:.+]] = stablehlo.exponential %[[SUMS]] :
# CHECK:      %[[BETA_O:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[BETA_C]], dims = [0, 1, 2, 3, 4] : {{.*}} -> tensor<2x1x2x3x5x7xf32>
# CHECK:      %[[GIVEN:.+]] = stablehlo.multiply %[[V_C]], %[[BETA_O]] :
# CHECK:      %[[K_HEADS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[K_C]], dims = [0, 1, 2, 4, 5] : {{.*}} -> tensor<2x1x2x3x5x4xf32>
# CHECK:      %[[GROWN_BETA:.+]] = stablehlo.multiply %[[GROWN]], %[[BETA_C]] :
# CHECK:      %[[GROWN_BETA_I:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[GROWN_BETA]], dims = [0, 1, 2, 3, 4] : {{.*}} -> tensor<2x1x2x3x5x4xf32>
# CHECK:      %[[KNOWN:.+]] = stablehlo.multiply %[[K_HEADS]], %[[GROWN_BETA_I]] :
# CHECK:      %[[KK:.+]] = stablehlo.dot_general %[[K_C]],
# CHECK-SAME:   %[[K_C]], batching_dims = [0, 1, 2] x [0, 1, 2], contracting_dims = [4] x [4] :
# CHECK:      %[[KK_HEADS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[KK]], dims = [0, 1, 2, 4, 5] : {{.*}} -> tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[KK_FADED:.+]] = stablehlo.multiply %[[KK_HEADS]], %[[FADED]] :
# CHECK:      %[[NONE1:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[STRICT_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[STRICT]], dims = [4, 5] : {{.*}} -> tensor<2x1x2x3x5x5xi1>
# CHECK:      %[[KK_BELOW:.+]] = stablehlo.select %[[STRICT_ALL]], %[[KK_FADED]], %[[NONE1]] :
# CHECK:      %[[BETA_S:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[BETA_C]], dims = [0, 1, 2, 3, 4] : {{.*}} -> tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[SYSTEM:.+]] = stablehlo.multiply %[[KK_BELOW]], %[[BETA_S]] :
# CHECK:      %[[SIDES:.+]] = stablehlo.concatenate %[[GIVEN]], %[[KNOWN]], dim = 5 :
# CHECK:      %[[SOLVED:.+]] = "stablehlo.triangular_solve"(%[[SYSTEM]], %[[SIDES]])
# CHECK-SAME:   left_side = true, lower = true{{.*}}NO_TRANSPOSE{{.*}}unit_diagonal = true
# CHECK:      %[[LAST_1:.+]] = stablehlo.slice %[[SUMS]] [0:2, 0:1, 0:2, 0:3, 4:5] :
# CHECK:      %[[LAST:.+]] = stablehlo.reshape %[[LAST_1]] : {{.*}} -> tensor<2x1x2x3xf32>
# CHECK:      %[[LACK:.+]] = stablehlo.slice %[[SOLVED]] [0:2, 0:1, 0:2, 0:3, 0:5, 0:7] :
# CHECK:      %[[REACH:.+]] = stablehlo.slice %[[SOLVED]] [0:2, 0:1, 0:2, 0:3, 0:5, 7:11] :
# CHECK:      %[[Q_HEADS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[Q_C]], dims = [0, 1, 2, 4, 5] : {{.*}} -> tensor<2x1x2x3x5x4xf32>
# CHECK:      %[[GROWN_I:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[GROWN]], dims = [0, 1, 2, 3, 4] : {{.*}} -> tensor<2x1x2x3x5x4xf32>
# CHECK:      %[[ASKED:.+]] = stablehlo.multiply %[[Q_HEADS]], %[[GROWN_I]] :
# CHECK:      %[[QK:.+]] = stablehlo.dot_general %[[Q_C]],
# CHECK-SAME:   %[[K_C]], batching_dims = [0, 1, 2] x [0, 1, 2], contracting_dims = [4] x [4] :
# CHECK:      %[[QK_HEADS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[QK]], dims = [0, 1, 2, 4, 5] : {{.*}} -> tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[QK_FADED:.+]] = stablehlo.multiply %[[QK_HEADS]], %[[FADED]] :
# CHECK:      %[[NONE2:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x1x2x3x5x5xf32>
# CHECK:      %[[PAST_ALL2:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[PAST]], dims = [4, 5] : {{.*}} -> tensor<2x1x2x3x5x5xi1>
# CHECK:      %[[SEEN:.+]] = stablehlo.select %[[PAST_ALL2]], %[[QK_FADED]], %[[NONE2]] :
# CHECK:      %[[K_HEADS2:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[K_C]], dims = [0, 1, 2, 4, 5] : {{.*}} -> tensor<2x1x2x3x5x4xf32>
# CHECK:      %[[LAST_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[LAST]], dims = [0, 1, 2, 3] : {{.*}} -> tensor<2x1x2x3x5xf32>
# CHECK:      %[[LEFT_TO_GO:.+]] = stablehlo.subtract %[[LAST_ALL]], %[[SUMS]] :
# CHECK:      %[[FADE_END:.+]] = stablehlo.exponential %[[LEFT_TO_GO]] :
# CHECK:      %[[FADE_END_I:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[FADE_END]], dims = [0, 1, 2, 3, 4] : {{.*}} -> tensor<2x1x2x3x5x4xf32>
# CHECK:      %[[KEPT:.+]] = stablehlo.multiply %[[K_HEADS2]], %[[FADE_END_I]] :
# CHECK:      %[[LEFT:.+]] = stablehlo.exponential %[[LAST]] :
# CHECK:      %[[BLANK:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x1x2x3x5x7xf32>
# CHECK:      %[[ZERO_STEP:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[LOOP:.+]]:3 = stablehlo.while(%[[STEP:[^ ]+]] = %[[ZERO_STEP]],
# CHECK-SAME:   %[[MADE:[^ ]+]] = %[[BLANK]], %[[STATE:[^ ]+]] = %[[START]]) :
# CHECK:      cond {
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<2> : tensor<i32>
# CHECK:      %[[MORE:.+]] = stablehlo.compare LT, %[[STEP]], %[[COUNT]] :
# CHECK:      stablehlo.return %[[MORE]] :
# CHECK:      } do {
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<i32>
# CHECK:      %[[NEXT:.+]] = stablehlo.add %[[STEP]], %[[ONE]] :
# CHECK:      %[[LACK_1:.+]] = stablehlo.dynamic_slice %[[LACK]], %[[STEP]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, sizes = [1, 1, 2, 3, 5, 7] :
# CHECK:      %[[REACH_1:.+]] = stablehlo.dynamic_slice %[[REACH]], %[[STEP]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, sizes = [1, 1, 2, 3, 5, 4] :
# CHECK:      %[[ASKED_1:.+]] = stablehlo.dynamic_slice %[[ASKED]], %[[STEP]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, sizes = [1, 1, 2, 3, 5, 4] :
# CHECK:      %[[SEEN_1:.+]] = stablehlo.dynamic_slice %[[SEEN]], %[[STEP]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, sizes = [1, 1, 2, 3, 5, 5] :
# CHECK:      %[[KEPT_1:.+]] = stablehlo.dynamic_slice %[[KEPT]], %[[STEP]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, sizes = [1, 1, 2, 3, 5, 4] :
# CHECK:      %[[LEFT_1:.+]] = stablehlo.dynamic_slice %[[LEFT]], %[[STEP]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, %{{[^ ,)]+}}, sizes = [1, 1, 2, 3] :
# CHECK:      %[[LACK_S:.+]] = stablehlo.slice %[[LACK_1]] [0:1, 0:1, 0:2, 0:3, 0:5, 0:7] :
# CHECK:      %[[LACK_NOW:.+]] = stablehlo.reshape %[[LACK_S]] : {{.*}} -> tensor<1x2x3x5x7xf32>
# CHECK:      %[[REACH_S:.+]] = stablehlo.slice %[[REACH_1]] [0:1, 0:1, 0:2, 0:3, 0:5, 0:4] :
# CHECK:      %[[REACH_NOW:.+]] = stablehlo.reshape %[[REACH_S]] : {{.*}} -> tensor<1x2x3x5x4xf32>
# CHECK:      %[[ASKED_S:.+]] = stablehlo.slice %[[ASKED_1]] [0:1, 0:1, 0:2, 0:3, 0:5, 0:4] :
# CHECK:      %[[ASKED_NOW:.+]] = stablehlo.reshape %[[ASKED_S]] : {{.*}} -> tensor<1x2x3x5x4xf32>
# CHECK:      %[[SEEN_S:.+]] = stablehlo.slice %[[SEEN_1]] [0:1, 0:1, 0:2, 0:3, 0:5, 0:5] :
# CHECK:      %[[SEEN_NOW:.+]] = stablehlo.reshape %[[SEEN_S]] : {{.*}} -> tensor<1x2x3x5x5xf32>
# CHECK:      %[[KEPT_S:.+]] = stablehlo.slice %[[KEPT_1]] [0:1, 0:1, 0:2, 0:3, 0:5, 0:4] :
# CHECK:      %[[KEPT_NOW:.+]] = stablehlo.reshape %[[KEPT_S]] : {{.*}} -> tensor<1x2x3x5x4xf32>
# CHECK:      %[[LEFT_S:.+]] = stablehlo.slice %[[LEFT_1]] [0:1, 0:1, 0:2, 0:3] :
# CHECK:      %[[LEFT_NOW:.+]] = stablehlo.reshape %[[LEFT_S]] : {{.*}} -> tensor<1x2x3xf32>
# CHECK:      %[[REACHED:.+]] = stablehlo.dot_general %[[REACH_NOW]],
# CHECK-SAME:   %[[STATE]], batching_dims = [0, 1, 2] x [0, 1, 2], contracting_dims = [4] x [3] :
# CHECK:      %[[FIXES:.+]] = stablehlo.subtract %[[LACK_NOW]], %[[REACHED]] :
# CHECK:      %[[FROM_STATE:.+]] = stablehlo.dot_general %[[ASKED_NOW]],
# CHECK-SAME:   %[[STATE]], batching_dims = [0, 1, 2] x [0, 1, 2], contracting_dims = [4] x [3] :
# CHECK:      %[[FROM_FIXES:.+]] = stablehlo.dot_general %[[SEEN_NOW]],
# CHECK-SAME:   %[[FIXES]], batching_dims = [0, 1, 2] x [0, 1, 2], contracting_dims = [4] x [3] :
# CHECK:      %[[ANSWER:.+]] = stablehlo.add %[[FROM_STATE]], %[[FROM_FIXES]] :
# CHECK:      %[[LEFT_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[LEFT_NOW]], dims = [0, 1, 2] : {{.*}} -> tensor<1x2x3x4x7xf32>
# CHECK:      %[[STATE_LEFT:.+]] = stablehlo.multiply %[[STATE]], %[[LEFT_ALL]] :
# CHECK:      %[[STATE_NEWS:.+]] = stablehlo.dot_general %[[KEPT_NOW]],
# CHECK-SAME:   %[[FIXES]], batching_dims = [0, 1, 2] x [0, 1, 2], contracting_dims = [3] x [3] :
# CHECK:      %[[STATE_NEXT:.+]] = stablehlo.add %[[STATE_LEFT]], %[[STATE_NEWS]] :
# CHECK:      %[[ANSWER_1:.+]] = stablehlo.reshape %[[ANSWER]] : {{.*}} -> tensor<1x1x2x3x5x7xf32>
# CHECK:      stablehlo.return %[[NEXT]], %{{[^ ,)]+}}, %[[STATE_NEXT]] :
# CHECK:      %[[ADDED:.+]] = stablehlo.transpose %[[LOOP]]#1, dims = [1, 0, 4, 2, 3, 5] :
# CHECK:      %[[TOKENS:.+]] = stablehlo.reshape %[[ADDED]] : {{.*}} -> tensor<1x10x2x3x7xf32>
# CHECK:      %[[TOKENS_FLAT:.+]] = stablehlo.slice %[[TOKENS]] [0:1, 0:8, 0:2, 0:3, 0:7] :
# CHECK:      %[[ANSWERS:.+]] = stablehlo.multiply %[[TOKENS_FLAT]], %[[TOKENS_FLAT]] :
# CHECK:      %[[JOINED:.+]] = stablehlo.dot_general %{{[^ ,)]+}},
# CHECK-SAME:   %[[OUT_W]], contracting_dims = [2] x [1] :
# CHECK:      "rlx.yield"(%[[JOINED]]) :
# CHECK:      }) {block = "gated_delta_net"
# CHECK-SAME:   phase = "prefill"
# CHECK:      return %[[Y]] :
