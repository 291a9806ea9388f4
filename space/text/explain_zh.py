"""The explanations of the page in Simplified Chinese; the same names and fields as explain_en."""

# 判定下方的各个部分
TABS = {
    "ledger": "账目",
    "where": "位置",
    "words": "词语",
    "noise": "噪声",
    "trust": "可信度",
    "pairs": "样本对",
    "compare": "比较",
    "learn": "课程",
    "about": "关于",
}

# 用一句话说明原因
CAUSE_TITLE = "判定由什么促成"
PLAYER_NAMES = {
    "image stream": "人脸整体（图像流）",
    "noise stream": "最丰富图块的噪声（噪声流）",
    "level 1: authenticity": "关于真伪的句子（第 1 级）",
    "level 2: forgery kind": "关于伪造类型的句子（第 2 级）",
    "level 3: family": "关于生成器家族的句子（第 3 级）",
    "level 4: generator": "点名生成器的句子（第 4 级）",
}
CAUSE_MOST = "份额最大的是{player}：它使{side}的胜算变为 {times} 倍（{value} logit）。"
CAUSE_NEXT = "其次是{player}：使{side}的胜算变为 {times} 倍（{value} logit）。"
CAUSE_AGAINST = "与之相反的是{player}：使{side}的胜算变为 {times} 倍（{value} logit）。"
CAUSE_ALONE = "没有任何有分量的部分与之相反。"
CAUSE_NOTHING = "没有任何部分使这次判定变化超过 {least} logit，即 P(fake) 变化至多 {points} 个百分点。"
CAUSE_START = "各份额合起来偏向{side}，但抵不过起点：对一无所知的照片，P(fake) 为 {before}。"
CAUSE_TOTAL = (
    "六个份额合起来，使 P(fake) 从 {before} 变为 {after}，即间隔从 {base} 变为 {total} logit"
    "（大于 0 偏向伪造）。"
)
CAUSE_UNIT = "logit 是账目的单位：胜算相乘，logit 相加；每 {double} logit 使胜算翻一倍。"
SIDE_NAMES = {"real": "真实", "fake": "伪造"}

# 进度
EXPLAINING = "正在解释：{name}，第 {number} 步，共 {count} 步{left}"
LEFT = "，大约还需 {seconds} 秒"
EXPLAINED = "已在 {seconds} 秒内完成解释，所用方法：{methods}。"
METHOD_NAMES = {
    "ledger": "账目",
    "grid": "模型格子",
    "occlusion": "遮挡",
    "pixels": "像素",
    "attention": "注意力",
    "words": "词语",
    "noise": "噪声",
    "audit": "输入排查",
    "pairs": "词语 × 格子",
    "pair_attention": "样本对注意力",
    "counterfactuals": "换用别的词语",
}
NOT_EXPLAINED = "没有判定，也就没有可解释的内容。"
STOPPED = "已停止。之前的内容仍然显示。"

# 账目
LEDGER_LEAD = (
    "由谁决定：两个流与四级提示词各自增加了多少，按所有加入顺序取平均（Shapley 份额），以间隔的单位 logit 计。"
    "各份额从一张什么也没说明的脸出发，加起来恰好等于间隔。下面的图用另外两种算法计算同样这些部分，加起来不必等于间隔。"
)
LEDGER_FIGURE = "六个份额的瀑布图，各份额加起来等于间隔"
AUDIT_LEAD = "究竟什么能够改变这次判定？依次替换每个输入，再读一次间隔。"
AUDIT_BUTTON = "排查每个输入"
AUDIT_READ_TITLE = "这张图怎么看"
AUDIT_READ = (
    "每个输入一条：替换这个输入后间隔变化了多少，向右的橙红色偏向伪造，向左的蓝色偏向真实。"
    "每个输入试了几种替换，画的是变化最大的一种；指向一条即可看到是哪一种。"
    "长的条表示从那里可以改变这次判定；不能改变它的输入，也不可能促成它。"
    "描述的编号与“词语”中的相同。各条加起来不等于间隔，也不说明原因。"
)
STOP = "停止"
AUDIT_FIGURE = "替换每个输入后，间隔变化了多少"

# 位置
WHERE_LEAD = (
    "间隔来自人脸的哪些位置。橙红偏向伪造，蓝色偏向真实，什么也没找到的地方不画。"
    "这张热图说的是图像流；噪声流读到的保持不变，它自己的热图在“噪声”里。热图和词语共用一个色标。"
)
MAP_METHOD = "方法"
MAP_CHOICES = {
    "occlusion": "遮挡：把一个格子模糊后，间隔会失去多少",
    "pixels": "像素：从起始图像到人脸，间隔如何增长（积分梯度）",
    "grid": "模型格子：同样的方法，用模型切分人脸所得的格子",
    "attention": "注意力：模型在哪里混合信息，而绝不是原因",
}
MAP_RUN = "绘制热图"
MAP_STOP = "停止"
MAP_OPACITY = "热图在人脸上的浓度"
MAP_ONLY_FACE = "只有人脸"
MAP_FULL = "热图最浓"
MAP_SMOOTH = "在格子之间平滑（只影响外观）"
MAP_OWN = "使用这张热图自己的色标"
MAP_OWN_INFO = "较弱的热图会更清楚，但其颜色不能再与其他图的颜色比较。"
MAP_PANELS = {"face": "人脸上", "patch": "最丰富的图块上"}
MAP_ALT = (
    "热图（方法：{method}），画在{panel}：{cells} 个格子，最强处在第 {row} 行第 {column} 列，{value} logit"
)
MAP_READ = "指向一个格子，或在热图上用方向键移动，即可读出它的数值。"
MAP_CELL = "第 {row} 行第 {column} 列：{value} logit"
MAP_SUM = "所有格子之和：{sum} logit。"
MAP_GAP = "与它们应有的总和相差 {gap}。"
MAP_COST = "模型运行了 {cost} 次，用时 {seconds} 秒。"
MAP_REFUTED = "这张热图没有通过检验（见“可信度”），因此画成灰色：请不要据此解读。"
MAP_FIGURE = "各层、各头的注意力"
KNOB_NAMES = {
    "steps": "步数",
    "baseline": "与什么相比",
    "side": "每边的格子数",
    "fill": "被遮挡的格子显示为",
    "noise": "噪声流为",
    "stream": "流",
    "layer": "层",
    "reference": "与什么相比",
    "skip": "绕过注意力的份额",
}
CAVEAT_TITLE = "它不能说明什么"
NOTES_TITLE = "过程中注意到的"

# 词语
WORDS_LEAD = "描述中的哪些词改变了间隔（条形），以及逐一去掉每个词时真正发生的变化（菱形）。"
WORDS_FIGURE = "份额最大的词"

# 噪声
NOISE_LEAD = (
    "噪声流从四个图块中取一个：最丰富的，即相邻像素差异最大的那一个。"
    "这里是四个图块及其得分、换一个图块会得出什么，以及噪声流所读取的残差。"
)
NOISE_FIGURE = "各候选图块的丰富程度、换用其他图块的结果、频谱和残差"

# 样本对
PAIRS_LEAD = (
    "只用于训练：对每张脸和每条描述，样本对注意力的门控值决定以多大力度推开不匹配的一对。任何判定都不读取它。"
    "这里你的人脸与本页的示例并列。"
)
PAIRS_BUTTON = "与示例比较"
PAIRS_FIGURE = "人脸与描述的相似度、门控值，以及相似度 × 门控值"
PAIRS_YOURS = "你的照片"

# 报告
REPORT_LEAD = "把所显示的内容带走：判定、解释，以及它们如何得出的记录。"
REPORT_HTML = "报告（HTML）"
REPORT_JSON = "报告（JSON）"
REPORT_FACE = "包含人脸"
REPORT_FACE_INFO = "除非你要求，否则不包含：报告比页面传得更远。"
REPORT_UNPROVEN = "没有在页面上要求检验它。"

# 命名端点
API_ROWS = (
    'descriptions 必须是一个 JSON 列表，每行五个文本：["real" 或 "fake", 真伪, 伪造类型, 家族, 生成器]。'
)
API_LONG = "{name} 有 {found} 个字符，最多读取 {limit} 个：请缩短后再发送。"
API_JSON = "{name} 不是有效的 JSON：请检查引号、逗号和括号。"
