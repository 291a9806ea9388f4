"""What the toolkit says in a report beyond what the page shows, in Simplified Chinese."""

SAID_REPORT = {
    "the cell in row {}, column {} {}": "第 {} 行第 {} 列的格子（{:said}）",
    "of {} × {} on the {}": "{2:said}上的 {0} × {1} 个格子",
    "noise window": "图块",
    "the word “{}” of “{}”": "“{1}”中的词“{0}”",
    "Checkpoint": "检查点",
    "{} (configuration {})": "{}（配置 {}）",
    "Revision": "版本",
    "none: a folder on this machine": "没有：本机上的文件夹",
    "Weights, SHA-256": "权重的 SHA-256",
    "none: weights that were never written to a file": "没有：权重从未写入文件",
    "Decision": "判定公式",
    "margin = {} · head {} + {} · language {} + {}; P(fake) = σ(margin / {})": (
        "间隔 = {} × 分类头 {} + {} × 语言 {} + {}；P(fake) = σ(间隔 ∕ {})"
    ),
    "Cut-offs": "不确定区间",
    "uncertain between {} and {}; {}": "{} 到 {} 之间为不确定；{:said}",
    "Crop": "裁剪",
    "x {}–{}, y {}–{} of the photo, {}": "照片中 x {}–{}，y {}–{}；{:said}",
    "the chosen one of {} faces found": "从找到的 {} 张人脸中选定",
    "one face found": "找到一张人脸",
    "given as a crop": "给出的就是裁好的人脸",
    "Noise window": "噪声图块",
    "window {} of {}, {}": "第 {} 个，共 {} 个；{:said}",
    "cut from the enlarged face": "取自放大后的人脸",
    "Target": "解释的对象",
    "margin": "间隔",
    "Seed": "随机种子",
    "Made": "生成",
    "{} on {}, Python {}": "{}，设备 {}，Python {}",
    "Versions": "软件版本",
    "the two streams' features and the four levels of the descriptions": "两个流的特征，以及描述的四级。",
    "positive towards fake": "正值偏向伪造。",
    "{} × {} cells of {} px of the face, each covered alone ({}).": (
        "人脸上 {} × {} 个格子，每格 {} 像素，逐格遮挡（{:said}）。"
    ),
    "Positive: with the cell covered the target is lower, so what is there speaks for it.": (
        "正值：遮住这个格子后间隔变小，所以那里的内容偏向伪造。"
    ),
    "logits; the cells need not add up to anything": "logit；各格子加起来不必等于什么。",
    (
        "Pixels of the face ({} px), in {} × {} cells, and of the residual of window {} ({} px of the photo), in "
        "{} × {} cells."
    ): (
        "人脸的像素（{} 像素），分为 {} × {} 个格子；以及图块 {} 的残差（照片的 {} 像素），分为 {} × {} 个格子。"
    ),
    "Positive: with the face as it is, and not the baseline ({}), the target is higher.": (
        "正值：与起始图像（{:said}）相比，人脸本身使间隔变大。"
    ),
    "logits; all cells of both maps add up to the difference between face and baseline": (
        "logit；两张图的所有格子加起来，等于人脸与起始图像之差。"
    ),
    "{} × {} cells: {} of the {} stream, over the {}.": (
        "{0} × {1} 个格子：{3:said}流的{2:said}，位于{4:said}。"
    ),
    "Positive: with this token as it is, and not the reference ({}), the target is higher.": (
        "正值：与参照（{:said}）相比，这个格子本身使间隔变大。"
    ),
    "logits; cells and class token add up to the difference": "logit；各格子与类别词元加起来等于总差。",
    "{} × {} cells of the {} stream, over the {}, seen from the class token.": (
        "{2:said}流的 {0} × {1} 个格子，位于{3:said}，从类别词元看去。"
    ),
    "patch (window {})": "图块 {}",
    "None: a share of what was mixed, 0 to 1, neither for nor against anything.": (
        "没有符号：只是混合中所占的份额，0 到 1，既不支持也不反对什么。"
    ),
    "share of the attention; cells and class token add up to 1": (
        "注意力的份额；各格子与类别词元加起来等于 1。"
    ),
    "words of {} sentences, byte-pair pieces summed; start and end tokens kept": (
        "{} 个句子中的词，词的各片段相加；首尾词元保持不变。"
    ),
    "positive: the word speaks for fake": "正值：这个词偏向伪造。",
    "logits of the {}": "{:said}的 logit。",
    "The residual of window {} ({} px of the photo), in {} × {} cells; the {} candidate windows; the two streams.": (
        "图块 {} 的残差（照片的 {} 像素），分为 {} × {} 个格子；{} 个候选图块；两个流。"
    ),
    "Positive: with this part of the residual, and not none, the target is higher; towards fake.": (
        "正值：有这部分残差与没有残差相比，间隔变大，偏向伪造。"
    ),
    "logits; the cells add up to the difference between the residual and none. Spectra are in decibels.": (
        "logit；各格子加起来等于有残差与没有残差之差。频谱以分贝计。"
    ),
    "every input of the decision, each as a whole": "判定的每个输入，各作为一个整体。",
    "positive where the replacement moved the decision towards fake": "正值：替换使判定偏向伪造。",
    "logits; gradients in logits per unit of the input": "logit；梯度以每单位输入的 logit 计。",
    "Pairs of a face and a description.": "人脸与描述组成的对。",
    (
        "Change above 0: the gate presses the face away from this description more than its similarity alone "
        "would; below 0: it frees the pair."
    ): "变化大于 0：门控值使人脸被推离这条描述的力度大于相似度本身；小于 0：则使之减小。",
    "similarities in logits; gates, weights and pressures are shares of 1": (
        "相似度以 logit 计；门控值、权重和推力是 1 的份额。"
    ),
}
