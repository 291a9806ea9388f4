"""What a report from the page says by itself, in Simplified Chinese; the same names and fields as report_en."""

REPORT_HEADLINE = "判定：{evidence}（P(fake) {chance}）"
REPORT_WORDS = {
    "title": "这次判定的理由",
    "head": "MFCLIP Explainer · 报告，照片",
    "against": "与这次判定相反的最强证据，逐项列出",
    "against_none": (
        "在所解释的、且没有被检验推翻的内容中，没有什么与判定相反。这不是证明：检测器也可能众口一词地出错。"
    ),
    "piece": "{what}：份额 {value} logit（{method}）",
    "logits": "logit",
    "failing": "{methods}：没有通过检验；画成灰色的内容不应采信。",
    "probability": "P(fake)",
    "band": "不确定区间",
    "again": "再存一次 JPEG 之后",
    "margin": "间隔",
    "explained": "这里解释的是：{target}",
    "caution": (
        "得分是证据，不是真相。它会看错真实照片，也可能看不出训练中没有过的伪造类型。"
        "绝不要用它来指控、录用、举报或发布。"
    ),
    "face": "被判定的人脸",
    "face_alt": "图像流所看到的人脸，边长 224 像素",
    "no_face": (
        "本报告不含人脸，也不含任何可能显示人脸的图片。如需包含，请在页面上先勾选“包含人脸”再按按钮"
        "（命令行：--with-face）。"
    ),
    "badge_holds": "检验：站得住",
    "badge_weak": "检验：较弱",
    "badge_fails": "检验：站不住",
    "pale": "颜色较浅，因为本页其他图的数值更大；下面是同一张图，颜色加强到 {times} 倍",
    "receipt": "检验的 {count} 项读数",
    "receipt_one": "检验的一项读数",
    "reading": "读数",
    "value": "数值",
    "line": "含义",
    "passed": "通过",
    "failed": "未通过",
    "no_line": "仅供参考",
    "curves": "逐步去掉格子时的判定值，旁边是同样格子的随机顺序",
    "no_receipt": "未检验。",
    "cannot_say": "它不能说明什么。",
    "sign": "符号：",
    "unit": "单位：",
    "gap": "数值误差 {gap} %。",
    "cost": "方法：{method}，模型运行 {cost} 次，用时 {seconds} 秒。",
    "settings": "设置：{settings}。",
    "refused": "没有解释：{reason}",
    "descriptions": "所比较的描述",
    "side": "类别",
    "sentences": "句子",
    "similarity": "相似度",
    "share": "P",
    "real": "真实",
    "fake": "伪造",
    "record": "记录",
}
REPORT_QUESTIONS = {
    "ledger": "哪些流、哪些级的提示词促成了这次判定？各部分如何加起来？",
    "grid": "模型的哪些格子改变了判定？",
    "pixels": "人脸及其噪声的哪些部分改变了判定？",
    "occlusion": "遮住人脸的一部分，判定会失去什么？",
    "attention": "信息在哪里混合？",
    "words": "提示词中的哪些词促成了判定？",
    "pairs": "哪个词看的是人脸的哪个位置？",
    "counterfactuals": "换用别的词语，判定会怎样？",
    "noise": "噪声流看到了什么？换一个图块会得出什么？",
    "pair_attention": "训练把哪些描述与这张人脸推开？",
    "audit": "究竟哪些输入能够改变这次判定？",
}
