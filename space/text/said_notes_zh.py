"""What explanations noticed on the way, and the lines of their tests, in Simplified Chinese."""

SAID_NOTES = {
    "Sample pair attention and the predictor take part in training alone: no decision reads them.": (
        "样本对注意力和预测器只参与训练：任何判定都不读取它们。"
    ),
    (
        "The published code passes the face through NumPy and detaches it, so no gradient reaches a pixel "
        "there; this port computes the same numbers with the graph whole, and the gradients of face and "
        "patch are those it would have had."
    ): (
        "已发表的代码中途把人脸交给 NumPy，梯度到不了像素；本移植版算出同样的数，并保持通路完整，这里的梯度"
        "就是它本来会有的梯度。"
    ),
    "{} follows the slope at the residual only; it misses the difference by {}.": (
        "{:said}只沿着残差处的斜率走；与要解释的差相差 {}。"
    ),
    "Window {} is the richest: homogeneity {}, {} less than the next, window {}.": (
        "图块 {} 最丰富：同质性为 {}，比其次的图块 {3} 低 {2}。"
    ),
    "Windows {} and {} are equally rich; the first of them was taken.": (
        "图块 {} 与图块 {} 同样丰富；取了前一个。"
    ),
    (
        "The windows overlap: two neighbours share up to {} of their pixels, so they are no independent "
        "witnesses."
    ): "各图块有重叠：相邻两块共用的像素最多达 {}，因此它们不是互相独立的证人。",
    "The windows do not overlap.": "各图块没有重叠。",
    (
        "The face is {} pixels wide, less than one window: the windows are cut from the enlarged face, and "
        "their noise is that of the enlarging too."
    ): "人脸宽 {} 像素，小于一个图块：图块取自放大后的人脸，其中的噪声也有放大造成的。",
    "The face is {} pixels wide and was reduced before the windows were cut: its finest noise is gone.": (
        "人脸宽 {} 像素，在切出图块之前缩小过：最细微的噪声已经消失。"
    ),
    "No other window, and neither stream left out, changes the verdict.": (
        "无论换用哪个图块、去掉哪个流，判定都不会改变。"
    ),
    "The verdict would be another: {}.": "判定会不同的情形：{:listed}。",
    "{} (P(fake) = {})": "{:said}（P(fake) = {}）",
    "The noise stream of this checkpoint says nothing (an ablation): no residual can move it.": (
        "这个检查点的噪声流不起作用（消融实验）：任何残差都不能改变它。"
    ),
    "With this residual and with none the target is nearly the same: shares cancel out.": (
        "有没有这个残差，间隔几乎相同：各份额互相抵消。"
    ),
    (
        "In {} of {} rings a residual lies more than {} spreads from the training reals; the farthest is "
        "{} at {} cycles a pixel."
    ): (
        "在 {1} 个频率环中的 {0} 个里，残差与训练用真实照片的平均值相差超过 {2} 个标准差；相差最大的是 {3}，"
        "在每像素 {4} 周处。"
    ),
    (
        "Among the training faces the mean forgery and the mean real lie at most {} spreads apart in any "
        "ring{}"
    ): "在训练用的人脸中，伪造照片与真实照片的平均值在任何频率环中最多相差 {} 个标准差{:said}",
    ": a spectrum that is unusual is no sign of forgery by itself.": "：频谱不寻常，本身并不是伪造的迹象。",
    ".": "。",
    (
        "Means and spreads are of {}; every set of reals and every generator weighs alike. Sets differ in "
        "camera, size and re-saving as well as in being forged."
    ): (
        "平均值和标准差取自{:said}；每组真实照片和每种生成器权重相同。各组照片不只在真伪上不同，在相机、尺"
        "寸和重新保存上也不同。"
    ),
    (
        "the richest window of each of {} photographs of the training split, each under one {}; data "
        "fingerprint {}"
    ): "训练集中 {} 张照片各自最丰富的图块，每张经过一种{:said}；数据指纹 {}",
    "training history (crop, colour, rescaling, JPEG)": "训练时的处理（裁剪、颜色、缩放、JPEG）",
    "jittered crop and colour": "随机的裁剪和颜色变化",
    (
        "This checkpoint keeps no spectra of its training (no spectra.json): the spectrum stands alone, "
        "with nothing to compare it with."
    ): "这个检查点没有保存训练时的频谱（没有 spectra.json）：这条频谱没有可比较的对象。",
    "{} points of a path were not enough everywhere; the hardest sentence took {}.": (
        "路径上 {} 个点并非处处够用；最难的句子用了 {} 个。"
    ),
    (
        "Errors on single pieces of the paths come to {} of the differences and partly cancel: the target "
        "changes abruptly on the way, so single words are less certain than their sum."
    ): (
        "路径各小段的误差合计为差值的 {}，有一部分互相抵消：间隔在途中变化剧烈，所以单个词不如它们的总"
        "和可靠。"
    ),
    "No sentence of the selection moves the {}.": "所选的句子都不改变间隔。",
    "{} of the sentences cannot reach any feature under the read-out {}: their words are exactly 0.": (
        "在读取方式 {1} 下，有 {0} 个句子到不了任何特征：它们的词恰为 0。"
    ),
    "A first-order answer: it need not add up to the difference.": "这是一阶近似：加起来不必等于差值。",
    (
        "The last block reads the cells through a normalisation alone, so their gradient × activation is "
        "zero by construction: choose another reference or an earlier layer."
    ): "最后一块只经过归一化读取这些格子，因此梯度 × 激活必然为零：请换一个对照，或选更早的层。",
    "{} of {} cells lie over {}, which is cut from {}.": (
        "{1} 个格子中有 {0} 个位于{2:said}之上，该图块取自{3:said}。"
    ),
    "The noise stream was kept as it is: the map is the image stream's alone.": (
        "噪声流保持不变：这张热图只属于图像流。"
    ),
    "Where a cell lies over the patch, the residual there was set to zero.": (
        "格子位于图块之上时，那里的残差设为零。"
    ),
    "Another patch was the richest in {} of {} coverings.": (
        "{1} 次遮挡中有 {0} 次，最丰富的换成了另一个图块。"
    ),
    "Covering all of the face at once lowers the target by {} logits.": (
        "一次遮挡整张脸，间隔降低 {} logit。"
    ),
    (
        "The richest patch would have been another one at {} of {} points of the path{}; window {} was "
        "kept throughout."
    ): "路径的 {1} 个点中有 {0} 个{2:said}，最丰富的本应是另一个图块；始终保持用图块 {3}。",
    " and at the baseline": "（以及基线处）",
    "Face and baseline have nearly the same value: the shares cancel out, and say little.": (
        "人脸与基线的值几乎相同：各份额互相抵消，说明不了什么。"
    ),
    "{} points did not add up to within {}; {} were computed.": (
        "{} 个点加起来的误差没有降到 {} 以内；共计算了 {} 个。"
    ),
    "After {} points the shares still miss the difference by {}; raise the limit.": (
        "{} 个点之后，各份额之和与差值仍相差 {}；请增加步数。"
    ),
    (
        "Errors on single pieces of the path come to {} of the difference and partly cancel: the value "
        "changes abruptly on the way, so single cells are less certain than their sum."
    ): (
        "路径各小段的误差合计为差值的 {}，有一部分互相抵消：数值在途中变化剧烈，所以单个格子不如它们的总和"
        "可靠。"
    ),
    (
        "Moved one place in the batch, the faces' gates change by up to {}; with other faces in their "
        "places, by up to {}."
    ): "在批次中挪动一个位置，各张脸的门控值最多变化 {}；位置上换成别的脸，最多变化 {}。",
    "This checkpoint was trained without sample pair attention (an ablation): every pair weighs 1.": (
        "这个检查点训练时没有用样本对注意力（消融实验）：每一对的权重都是 1。"
    ),
    "{} Here all of its numbers are alike, so it gates nothing either.": (
        "{:said}这里所有的数都一样，所以它也没有门控任何东西。"
    ),
    "Which description is said of a face is not known here: every pair is read as a negative.": (
        "这里不知道哪条描述说的是哪张脸：每一对都按不匹配来读。"
    ),
    "The gate presses '{}' most ({} of the push) and frees '{}' most ({}).": (
        "门控把“{}”推开得最多（推力变化 {}），对“{}”放松得最多（{}）。"
    ),
    "The mean gate over negatives is {}: it weighs them {} on average, 1 being no gate at all.": (
        "不匹配对的平均门控值为 {}：它们的平均权重为 {}，而 1 表示没有门控。"
    ),
}

SAID_RECEIPTS = {
    "It fails: the map says the same of every cell.": "站不住：热图对每个格子说的都一样。",
    "Weak: nothing was measured that has a line to pass.": "较弱：所测的各项都没有标准可依。",
    "reported; to compare methods with": "只报告，供比较各种方法",
    "reported; every change turned the verdict": "只报告：每种改动都使判定翻转",
    "reported; no word moves the target": "只报告：没有词改变间隔",
    "at least {} of {} random orders of the words beaten, half of them left out": (
        "去掉一半的词时，至少胜过 {1} 个随机顺序中的 {0}"
    ),
    "at least {} of {} random choices of {} segments moved the target less": (
        "任选 {2} 块试 {1} 次，至少有 {0} 使间隔变化得更少"
    ),
    "at least {} under each of {} changes that leave the verdict": (
        "在 {1} 种不影响判定的改动下都至少为 {0}"
    ),
    "at least {}": "至少 {}",
    "above 0": "大于 0",
    "below {} in size": "绝对值小于 {}",
    "below {} of the {} strongest cells": "在最强的 {1} 个格子中少于 {0}",
    "no cell says anything": "没有一个格子说明什么",
    "below {} logits": "小于 {} logit",
    "below {}": "小于 {}",
    "at least {} of {} random orders beaten, half of it gone, {}": (
        "去掉一半时，至少胜过 {1} 个随机顺序中的 {0}（{2:said}）"
    ),
    "the {} fill": "填补方式：{:said}",
    "{} fills, each": "{} 种填补方式，每种都要",
}
