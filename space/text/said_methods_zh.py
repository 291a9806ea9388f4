"""What explanations call things and what they cannot say, and help on their settings, in Simplified Chinese."""

SAID_NAMES = {
    "image stream": "图像流",
    "noise stream": "噪声流",
    "image": "图像",
    "noise": "噪声",
    "face": "人脸",
    "authenticity": "真伪",
    "forgery kind": "伪造类型",
    "family": "生成器家族",
    "generator": "生成器",
    "level {}: {}": "第 {} 级：{:said}",
    "level {}, {}": "第 {} 级，{:said}",
    "description {}": "描述 {}",
    "window {}": "图块 {}",
    "window {} of the noise stream": "噪声流的图块 {}",
    "without the noise stream": "没有噪声流",
    "without the image stream": "没有图像流",
    "no noise stream": "没有噪声流",
    "no image stream": "没有图像流",
    "the photo's own pixels": "照片本身的像素",
    "the resized face": "缩放后的人脸",
    "the stem's cells": "起始层的格子",
    "the tokens before block {}": "第 {} 块之前的格子",
    "block {}": "第 {} 块",
    "head readout": "分类头读数",
    "language readout": "语言读数",
    "face pixels": "人脸像素",
    "residual of the chosen patch": "所选图块的残差",
    "pixels of the chosen patch": "所选图块的像素",
    "pixels of the patches not chosen": "未选图块的像素",
    "its mirror image": "它的镜像",
    "its pixels in random order": "打乱顺序的像素",
    "nothing of the image stream": "完全去掉图像流",
    "their pixels in random order": "打乱顺序的像素",
    "its values in random order": "打乱顺序的数值",
    "no residual": "没有残差",
    "a flat grey": "均匀的灰色",
    "the next description's": "下一条描述的句子",
    "the next description": "下一条描述",
    "“{}” for all": "全部换成“{}”",
    "“{}” at every level": "每一级都换成“{}”",
    "cannot move it": "不能改变它",
    "moves it only through the choice of patch": "只通过图块的选择改变它",
    "moves it": "能改变它",
    "blur": "模糊",
    "mean": "平均颜色",
    "mean colour": "平均颜色",
    "grey": "灰色",
    "black": "黑色",
    "white": "白色",
    "average cell": "平均格子",
    "zero": "零",
    "frozen": "保持不变",
    "covered": "一起遮挡",
    "chosen again": "重新选择",
    "stem": "起始层",
    "linear": "线性填补",
    "integrated gradients": "积分梯度",
    "gradient × input": "梯度 × 输入",
    "patch": "图块",
}

SAID_CAVEATS = {
    (
        "Shares say how the parts divided this decision, given what absence means here (a silent stream "
        "adds nothing, a silent level says the same of everybody). They do not say where on the face or in "
        "which words, and a large share is not a proof that the evidence is true."
    ): (
        "份额说明这次判定如何分给各个部分。这里“缺席”的意思是：一个流不出声，就什么也不加；一级不出声，就对"
        "谁都说同样的话。份额不说明证据在人脸的什么地方、在哪些词里；份额大，也不证明证据是真的。"
    ),
    (
        "The levels are read as one text: an absent level is a sentence left out of everybody's text, and "
        "bookkeeping cannot divide the text's half among the levels (not a number)."
    ): (
        "这里四级作为一整段文本来读：缺席的一级，是从所有文本中去掉的一句话；逐项记账无法把文本的那一半分给"
        "各级（所以没有数值）。"
    ),
    (
        "It says which inputs this decision depends on at all, tried with a few replacements, not where or "
        "why. Gradients of different inputs have different units and are not to be compared with each "
        "other."
    ): (
        "它只说明这次判定究竟取决于哪些输入（用几种替换试出来的），不说明位置和原因。不同输入的梯度单位不同，"
        "不能互相比较。"
    ),
    (
        "Richness, residual and spectrum show what the noise stream was given and not what it made of it. "
        "The map's shares are counted against a residual of zero, which no photograph has, with the image "
        "stream and the chosen window as they are. Another window shows what the detector would have said "
        "of it, not which one is right. The words for alternatives leave out the test by re-compression, "
        "which needs the photo."
    ): (
        "丰富程度、残差和频谱显示噪声流得到了什么，而不是它由此得出了什么。热图中的份额以零残差为对照，而没"
        "有任何照片的残差为零；图像流和所选的图块保持不变。换一个图块，显示的是检测器会怎样说，而不是哪一个"
        "才对。对其他图块的说法没有经过再压缩的检验，因为那需要照片。"
    ),
    (
        "Each sentence is compared with itself blanked, the others as they are: totals of sentences do not "
        "add up to the target. A blanked word is one that the encoder may never have met; what truly "
        "happens without it is 'left_out'. A sentence that several descriptions share is changed in all of "
        "them."
    ): (
        "每个句子都与抹去词语后的自己比较，其他句子不变：各句之和不等于间隔。抹去的词，编码器可能从未见过；"
        "真正去掉这个词会怎样，见菱形标记。多条描述共有的句子，会在所有这些描述中一起改变。"
    ),
    (
        "It shows where information was mixed, not why the decision fell: it has no sign, knows no target, "
        "and a cell may be looked at for nothing. Deep layers look at tokens that have long been mixed "
        "with others."
    ): (
        "它显示信息在哪里混合，而不是判定为什么如此：它没有正负，不针对任何数值，被注意的格子也可能毫无作用。"
        "越深的层，看到的越是早已与其他格子混合的内容。"
    ),
    (
        "A token stands for more than its own cell: the stem's convolutions reach over several, and every "
        "block mixes all of them, so the deeper the layer, the less its places are places of the face. The "
        "other stream is kept as it is."
    ): (
        "一个格子代表的不只是它自己：起始层的卷积跨越好几个格子，每一块又把所有格子混合。所以层越深，它的位"
        "置就越不是人脸上的位置。另一个流保持不变。"
    ),
    (
        "A covered face is no photograph: filling and its edges are themselves traces of manipulation, so "
        "a part may seem to matter because of what was put there. Each cell is covered alone; evidence "
        "that is in two places at once shows in neither, and the cells do not add up to anything."
    ): (
        "遮挡过的脸不是照片：填补及其边缘本身就像改动的痕迹，所以某处显得重要，可能只是因为填进去的东西。每"
        "次只遮挡一个格子；同时在两处的证据，在哪一处都显不出来；各格子加起来没有意义。"
    ),
    (
        "A share is counted against the baseline: a part of the face that looks like it gets none, "
        "whatever it means. Face and residual are moved as two inputs although one photo gave both, and "
        "the patch that was chosen for the residual is kept. Points between baseline and face are no "
        "photographs, and the detector was trained on none."
    ): (
        "份额以基线为对照：人脸上与基线相像的部分得不到份额，不论它意味着什么。人脸和残差来自同一张照片，这"
        "里却作为两个输入来移动；残差所用的图块保持不变。基线与人脸之间的各点都不是照片，检测器也没有用这样"
        "的图训练过。"
    ),
    (
        "The gate took part in training only: no verdict reads it, so it is no reason for one. It tells "
        "which wrong descriptions the loss would have pushed this face away from more than the similarity "
        "alone would have, and which less. Faces that were never in training had no gate at all; this is "
        "what it would be."
    ): (
        "门控值只参与训练：任何判定都不读取它，所以它不是判定的理由。它说明训练时会把这张脸从哪些不匹配的描"
        "述推开得更多、从哪些推开得更少（与只看相似度相比）。没有参与训练的脸根本没有门控值；这里显示的是假"
        "如参与会怎样。"
    ),
    (
        "This gate is a table of places in the batch. The same faces in another order get other numbers, "
        "and other faces in the same places get the same: it says nothing about a face."
    ): (
        "这里的门控值只是批次中位置的数表。同样的脸换个顺序，数就不同；别的脸放在同样的位置，数却相同：它与"
        "脸无关。"
    ),
}

SAID_KNOBS = {
    "Cells along a side of the face; 14 costs four times as much.": (
        "人脸每边的格子数；14 的计算量是 7 的四倍。"
    ),
    "What a covered cell shows instead; a blur leaves the faintest edges behind.": (
        "被遮挡的格子改为显示什么；模糊留下的边缘最弱。"
    ),
    (
        "The noise stream: kept as it is, its patch covered where the cell lies over it, or its patch "
        "chosen again among the covered candidates."
    ): "保持不变；格子压住图块的地方一起遮挡；或在遮挡后的候选中重新选择图块。",
    "Points of the path from the baseline to the face; more are added until the shares add up.": (
        "从基线到人脸的路径上取多少个点；如果各份额加起来不对，会自动增加。"
    ),
    (
        "What the face is compared with; the residual is compared with none at all. A blurred face is "
        "still one, so what is shared out is what its finer parts changed."
    ): "人脸与什么相比；残差则与“没有残差”相比。模糊的脸仍是一张脸，所以分到份额的是细节带来的变化。",
    "The stream whose tokens are asked.": "看哪一个流的格子。",
    "'stem', or the number of the block that the tokens enter, from '0'.": (
        "起始层，或格子所进入的块的编号（从 0 起）。"
    ),
    (
        "What the tokens are compared with: those of a face filled so (for the noise stream, of no "
        "residual), of a face whose cells are all alike, or zeros."
    ): "格子与什么相比：填成这样的一张脸的格子（对噪声流则是没有残差）、所有格子都一样的脸，或者零。",
    "1: gradient × (activation − reference). More: its integral; points are added until the shares add up.": (
        "取 1：梯度 ×（激活 − 对照）；取更多：它的积分，如果各份额加起来不对，会自动增加。"
    ),
    "The stream whose attention is shown.": "显示哪一个流的注意力。",
    "Rollout: the share of a token that passes by the attention, one half as published.": (
        "逐层累积（rollout）时，格子绕过注意力的份额；论文中为一半。"
    ),
}
