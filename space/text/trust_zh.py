"""Whether to believe it, and one photo beside another, in Simplified Chinese; the same names and fields as trust_en."""

# 需要数秒的计算的进度
TRUST_STEP = "{name}：第 {number} 步，共 {count} 步{left}"
TRUST_LEFT = "，大约还需 {seconds} 秒"
TRUST_DONE = "{name}：已在 {seconds} 秒内完成。"
TRUST_STOPPED = "已停止。到此为止的结果仍然显示。"
TRUST_NO_VERDICT = "没有可检验的判定：请上传照片，或选一个示例。"
TRUST_PHOTO_GONE = "照片已不可用：请重新上传。"

# 检验
RECEIPT_TITLE = "这个解释站得住吗？"
RECEIPT_LEAD = (
    "热图可以看起来令人信服，却毫无意义。因此，解释所指出的部分要从这张脸上真正拿走，判定必须随之改变，"
    "而且要比随机拿走时改变得更多。"
)
RECEIPT_OF = "要检验的解释"
RECEIPT_CHOICES = (
    ("位置：人脸上的热图", "where"),
    ("账目：各个份额", "ledger"),
    ("词语", "words"),
    ("噪声：图块上的热图", "noise"),
)
RECEIPT_RUN = "检验这个解释"
RECEIPT_RUN_FULL = "完整检验"
RECEIPT_FULL_IS = (
    "完整检验用三种方式去掉格子，一直去到底，取点加倍。"
    "只要不太慢，它还会在打乱权重、换用别的句子、略微改动照片之后重新运行该方法。"
)
RECEIPT_EXPECTED = "在这里大约需要 {seconds} 秒，可以随时停止。"
RECEIPT_FULL = "这是完整检验：用三种方式去掉格子，取全部的点。"
RECEIPT_NAME_FULL = "正在完整检验解释"
RECEIPT_STOP = "停止"
RECEIPT_NAME = "正在检验解释"
RECEIPT_EMPTY = "尚未检验。检验需要数秒。"
RECEIPT_NOTHING = "这次判定还没有这样的解释可供检验：请先绘制它。"
RECEIPT_VERDICTS = {
    "holds": "这个解释站得住",
    "weak": "这个解释较弱",
    "fails": "这个解释站不住",
}
RECEIPT_MEANS = {
    "holds": "在这张脸上，它做到了一个解释必须做到的事。在“它不能说明什么”的限度之内，可以据此解读。",
    "weak": "它通过了一些检验，没有通过另一些。请谨慎看待它最强的部分，不要解读细节。",
    "fails": "它没有达到一项必须达到的标准；下表说明是哪一项、差多少。它被画成灰色：请不要据此解读。",
}
RECEIPT_SUMS = (
    "它的加总是对的，而这项检验也只能问到这里。份额是不是你想知道的，是另一个问题；“它不能说明什么”里谈到了。"
)
RECEIPT_COUNT = "有标准的 {lined} 项中，通过了 {passed} 项。"
RECEIPT_QUICK = "这是快速检验：只用一种方式去掉格子，取点也减半。"
RECEIPT_UNMEASURED = "因计算量大而没有测的项：{names}。"
RECEIPT_TABLE = "检验的各项读数"
RECEIPT_HEAD = ("读数", "数值", "含义")
RECEIPT_MARKS = {True: "通过", False: "未通过", None: "仅供参考"}
RECEIPT_LINE = "通过的标准：{line}。"
RECEIPT_METRICS = {
    "completeness": (
        "总和相符",
        "各份额之和与它们所解释的数相差 {value}。",
        "percent",
    ),
    "deletion": (
        "去掉偏向伪造的部分",
        "去掉它认为最偏向伪造的格子后，判定值下降得比 {value} 的随机顺序都快。",
        "percent",
    ),
    "insertion": (
        "去掉偏向真实的部分",
        "去掉它认为最偏向真实的格子后，判定值比 {value} 的随机顺序都高。",
        "percent",
    ),
    "agreement": (
        "所说与所做",
        "对随机选取的各组格子，它所说的损失与判定值真正的损失之间的一致程度为 {value}：1 为完全一致，0 为毫无关系。",
        "number",
    ),
    "saco": (
        "份额越大，作用越大",
        "各组格子的次序与它们真正作用的次序，一致程度为 {value}：1 为完全一致，0 为随机。",
        "number",
    ),
    "polarity": (
        "正负号",
        "把最强的格子逐一单独去掉，其中 {value} 使判定值朝与其颜色相反的方向变化。",
        "percent",
    ),
    "infidelity": (
        "意料之外",
        "随机挖去一些格子，它们对判定值的作用中有 {value} 是它没有预见到的。",
        "percent",
    ),
    "flip": (
        "三块",
        "遮挡它指出的三块，判定值的变化比 {value} 的随机三块都大。",
        "percent",
    ),
    "randomisation": (
        "忘掉一切的模型",
        "它与权重打乱的模型的热图，相似程度为 {value}：接近 0 才对；接近 1 说明它画的是照片，而不是理由。",
        "number",
    ),
    "prompt": (
        "别的句子",
        "把句子换成关于港口和厨房的，它与由此得到的热图，相似程度为 {value}：接近 1 说明它与所问的内容无关。",
        "number",
    ),
    "stability": (
        "看不出的改动",
        "对照片作不影响判定的改动，它与原来的相似程度至少为 {value}：1 为同一张热图。",
        "number",
    ),
    "sensitivity": (
        "稳定程度",
        "对照片作谁也看不出的改动，最多使它改变自身大小的 {value}。",
        "percent",
    ),
    "ledger sum": (
        "总和相符",
        "起点加上各份额，与间隔相差 {value} logit。",
        "small",
    ),
    "word order": (
        "词语的次序",
        "各词的次序，与去掉每个词时判定值真正损失的次序，一致程度为 {value}：1 为完全一致。",
        "number",
    ),
    "word deletion": (
        "去掉词语",
        "去掉它认为最偏向伪造的词后，判定值下降得比 {value} 的随机顺序都快。",
        "percent",
    ),
    "pair identity": (
        "总和相符",
        "词语与图块合起来，与它们所解释的数相差 {value}。",
        "percent",
    ),
}
RECEIPT_FIGURE = "逐步去掉格子时的判定，旁边是同样这些格子的随机顺序"

# 逐步改动照片
SWEEP_TITLE = "这个判定站得住吗？"
SWEEP_LEAD = (
    "照片每经过一个网站，就会被重新保存、缩小或裁剪。会被这些事推翻的判定，不要相信。"
    "找到的人脸保持不变，每次只改动一样。"
)
SWEEP_OF = "改动"
SWEEP_CHOICES = (
    ("再存一次 JPEG", "jpeg"),
    ("缩放", "resize"),
    ("模糊", "blur"),
    ("移动裁剪框", "crop"),
    ("加噪声", "noise"),
)
SWEEP_RUN = "绘制曲线"
SWEEP_STOP = "停止"
SWEEP_NAME = "正在改动照片"
SWEEP_EMPTY = "请选择一种改动并绘制曲线。"
SWEEP_FIGURE = "这张脸的 P(fake) 随改动强度的变化"
SWEEP_AXES = {
    "jpeg": "JPEG 质量，越低越粗糙",
    "resize": "尺寸，为照片的倍数",
    "blur": "模糊，σ 以像素计",
    "crop": "人脸框向右移动，占其宽度的 %",
    "noise": "噪声，σ 以灰度级计",
}
SWEEP_PROBABILITY = "P(fake)"
SWEEP_BAND = "不确定区间"
SWEEP_GIVEN = "原照片"
SWEEP_AT = {
    "jpeg": "JPEG 质量 {strength}",
    "resize": "尺寸 × {strength}",
    "blur": "模糊 σ {strength} px",
    "crop": "移动 {strength} %",
    "noise": "噪声 σ {strength}",
}
SWEEP_SPAN = "P(fake) 的范围从 {low} 到 {high}；原照片为 {reference}。"
SWEEP_STEADY = "在全部 {count} 个强度下，判定的说法都不变（{word}）。"
SWEEP_CHANGED = (
    "原照片的判定为“{word}”；在 {count} 个强度中有 {changed} 个与此不同，最先出现不同的是：{first}。"
)
SWEEP_TURNED = "它甚至转到了另一侧：不要以这个判定作任何依据。"
SWEEP_UNDER_WAY = "目前已试了 {count} 个强度中的 {done} 个。"
SWEEP_TABLE = "曲线的数值"
SWEEP_HEAD = ("强度", "P(fake)", "判定")

# 基础比率
BASE_TITLE = "100 次警报中，有多少次是对的？"
BASE_LEAD = (
    "判定为“有充分的伪造证据”，就是一次警报。它值多少，取决于送来的照片中有多少是伪造的：伪造照片越少，"
    "误报在警报中所占的比例就越大，即使检测器很好也是如此。"
)
BASE_SLIDER = "人们送来的 100 张照片中，有多少张是伪造的？"
BASE_VALUE = "100 张中有 {forged} 张"
BASE_RIGHT = "每 100 次警报中，大约有 {right} 次是对的（在 {low} 与 {high} 之间）。"
BASE_COUNTED = (
    "在 1,000 张照片中，{forged} 张是伪造的，{genuine} 张不是：伪造照片中有 {hits} 张引发警报，"
    "真实照片中有 {alarms} 张。"
)
BASE_NO_ALARM = "没有照片会引发警报。"
BASE_SQUARES = ("正确的警报", "误报")
BASE_SOURCE = (
    "在这个检查点自己的测试照片上测得，所有照片都以同样方式重新保存：{reals} 张真实照片中有 {alarms} 引发警报"
    "（95\u00a0% 区间 {alarms_low} 至 {alarms_high}）；"
    "{generators} 种生成器的 {forgeries} 张伪造照片中有 {hits} 引发警报（{hits_low} 至 {hits_high}）。"
    "其他类型的伪造，查出的可能更少。"
)
BASE_UNKNOWN = "没有测量：这个检查点没有附带它自己的评测结果，因此谁也说不出它的警报值多少。"

# 比较
COMPARE_LEAD = "两个判定，同一标尺：另一张照片；或者同一张脸重新保存或镜像之后，那时本应几乎没有变化。"
COMPARE_OF = "与什么比较"
COMPARE_CHOICES = (
    ("再存一次 JPEG 的副本", "jpeg"),
    ("它的镜像", "mirror"),
    ("另一张照片", "photo"),
)
COMPARE_QUALITY = "副本的 JPEG 质量"
COMPARE_PHOTO = "另一张照片"
COMPARE_PHOTO_ALT = "所上传的另一张照片"
COMPARE_RUN = "比较"
COMPARE_STOP = "停止"
COMPARE_NAME = "正在比较"
COMPARE_EMPTY = "请选择与什么比较这张照片。"
COMPARE_NO_SECOND = "请先上传另一张照片。"
COMPARE_SECOND = "另一张照片：{problem}"
COMPARE_A = "A · 这张照片"
COMPARE_B = {
    "jpeg": "B · 重新保存，质量 {quality}",
    "mirror": "B · 镜像",
    "photo": "B · 另一张照片",
}
COMPARE_SAME_WORD = "两者的判定相同：{word}。"
COMPARE_SAME_BUT = "判定的用词相同（{word}），但 P(fake) 变了 {points} 个百分点：两个得分都不要当真。"
COMPARE_OTHER_WORD = "A 为“{a}”，B 为“{b}”。"
COMPARE_DIFFERENCE = "P(fake)：A 为 {a}，B 为 {b}；B 的间隔相对于 A 为 {margin} logit。"
COMPARE_MOST = "差别最大的是{player}：A 为 {a}，B 为 {b}。"
COMPARE_NOTHING = "没有任何份额相差达到 {least} logit。"
COMPARE_ALIKE = "人脸上两张热图的一致程度为 {alike}（1 为同一张热图，0 为毫无关系）。"
COMPARE_TURNED_BACK = "比较之前，B 的热图已翻转回来。"
COMPARE_TABLE = "两个判定的各个份额及其差，单位为 logit，正值偏向伪造"
COMPARE_HEAD = ("组成部分", "A", "B", "B − A")
COMPARE_BASE = "一张什么也没说明的脸"
COMPARE_TOTAL = "间隔"
COMPARE_MAPS = "遮住人脸各处时两个间隔各失去多少：两张热图共用一个色标"
COMPARE_MAP_ALT = "{title}：人脸上的间隔热图，最强的格子为 {value} logit"
