"""The page in Simplified Chinese; the same names and fields as en."""

from pathlib import Path

from space.text.en import NEW_FAMILY, NEW_GENERATOR, NEW_KIND, PROBABILITY, TITLE

# A proper name, a symbol, and words that go into sentences for the model, which knows English only.
__all__ = ["NEW_FAMILY", "NEW_GENERATOR", "NEW_KIND", "PROBABILITY", "TITLE"]

LANGUAGE = "中文"
LIST_JOIN = "、"
SENTENCE_JOIN = ""
CLAUSE = "{clause}。"
DOUBTS_JOIN = "；"
COLON = "："
HEAD = (
    '<meta name="description" content="一张人脸照片含有多少伪造证据，以及哪些语言线索和噪声线索促成了这一结论。">'
    '<meta property="og:title" content="MFCLIP Explainer：人脸伪造检测的解释">'
)
LEAD = "这张脸有多少伪造证据？结论由哪些线索促成？"
INTRO = (
    "MFCLIP 把人脸与描述真实人脸和伪造人脸的句子作比较，并读取其中一块（图块）的细微噪声。"
    "本页展示每一步，也让你改动这些句子。"
)
SECTIONS = {"photo": "照片与判定", "lab": "语言实验室", "about": "关于"}

# 照片
PHOTO = "照片"
PHOTO_ALT = "所上传的照片"
PHOTO_PLACEHOLDER = "把人像照片拖到这里\n或点击选择文件\n（JPEG、PNG 或 WebP）"
PRIVACY = "照片在本服务器的内存中判定，几分钟内即删除。请使用自己的照片或可自由使用的照片。"
CROPPED = "这张图片已经是裁好的人脸"
CROPPED_INFO = "跳过人脸查找，直接判定图片正中的正方形。"
EXAMPLES = "或从示例开始"
EXAMPLE_TEXTS = {
    "astronaut": (
        "原始肖像",
        "宇航员艾琳·柯林斯的肖像，未经改动",
    ),
    "copied": (
        "由小型自编码器复制",
        "同一张肖像，人脸先压缩到八分之一大小，再由一个小型自编码器重新画出",
    ),
    "redrawn": (
        "从一半大小重新画出",
        "同一张肖像，人脸先缩小一半，再放大回来",
    ),
    "self_blended": (
        "人脸叠在自己上面",
        "同一张肖像，人脸旋转、调色后混合到自己上面",
    ),
    "reshaped": (
        "眼睛和嘴被放大",
        "同一张肖像，通过变形放大了眼睛和嘴",
    ),
}
EXAMPLE_SHOWN = "示例：{title}"
YOUR_PHOTO = "你的照片"
EARLIER = "照片或其设置已更改，但尚未查看：这里和下面显示的仍是上一次的结果。"
FACE_CHOICE = "找到了多张人脸，要判定哪一张？"
FACE_FIRST = "人脸 {number}（最大）"
FACE_OTHER = "人脸 {number}"
FACES_ALT = "照片，其中 {count} 张人脸加了框，从最大的一张起编号"
NO_PHOTO = "请上传照片或选一个示例，即可看到判定。"
UPLOAD_GONE = "照片已不在服务器上（上传的文件几分钟内就会删除）：请重新上传。"
TOO_MANY_BYTES = "图片超过 20 MB：请上传较小的副本。"
NOT_BASE64 = "收到的图片不是有效的 base64：请改为以文件上传。"
FORGOTTEN = "本页闲置太久，服务器已不再保存它的照片和改动：请重新选择照片。"
NOTHING = "没有判定，也就没有可展示的内容。"
NO_FACE_SHOWN = "没有已判定的人脸，也就没有可展示的内容。"
LOOKING = "正在查看人脸……"

# 判定
VERDICT = "判定"
EVIDENCE = {
    "little": "几乎没有伪造证据",
    "uncertain": "不确定",
    "substantial": "有充分的伪造证据",
}
EVIDENCE_SHORT = {
    "little": "几乎没有证据",
    "uncertain": "不确定",
    "substantial": "有充分证据",
}
SCALE = "P(fake) 为 {chance}；不确定区间从 {low} 到 {high}；再存一次 JPEG 之后为 {again}。"
SCALE_ENDS = ("0 % · 偏向真实", "偏向伪造 · 100 %")
BAND = "不确定区间 {low} – {high}"
NO_BAND = "没有拟合不确定区间"
RECOMPRESSED = "再存一次 JPEG（质量 {quality}）之后：{again}"
DOUBTS = "为什么不确定"
PHOTO_NOTE = "注意：{note}。"
UNDER_EDITS = "这是按你改动后的描述得出的；未改动时，P(fake) 为 {chance}。"
CAUTION = "这是教学演示，不是证明：它会看错许多照片，这里的任何得分都不得用来指控任何人。"
DESCRIPTIONS_WRONG = "暂时没有判定：语言实验室里的描述需要更正。"

# 求和
SUM_LEAD = (
    "判定来自一个数，即间隔（margin），它由两部分相加而成：分类头只看人脸，不读文本；语言一侧把人脸与“词语”"
    "中的描述作比较。竖线右侧偏向伪造，左侧偏向真实。"
)
SUM_CAPTION = "相加得到间隔的各个加权读数，正值偏向伪造"
PARTS = ("分类头", "语言", "常数")
PART_NOTES = ("图像和噪声，不含文本", "与描述的相似度", "固定的偏移，对每张脸都一样")
MARGIN = "间隔"
TOWARDS_REAL = "← 真实"
TOWARDS_FAKE = "伪造 →"
WITH_CONSTANT = "语言连同常数为 {language}；如果它与分类头的 {head} 明显相反，判定就是“不确定”。"
CHANCE = "P(fake) = σ(间隔 ∕ {temperature}) = {chance}。"
ORIGIN = "这些数和不确定区间的来历：{origin}。"

# 人脸
FACE_ALT = "模型所见的人脸，四个候选图块加了框；第 {index} 个最丰富"
PLACES = ("左上", "右上", "左下", "右下")
SCORE_HEAD = ("图块", "位置", "同质性")
RICHEST = "最丰富"
NATIVE = "图块取自照片本身的像素，人脸区域宽 {side} px；人脸则缩放到 {face} px。"
REDUCED = "人脸区域宽 {side} px，在切出图块之前先缩小过：图块不是照片本身的像素。"
ENLARGED = "人脸区域只有 {side} px 宽，因此图块取自缩放到 {face} px 的人脸：其中的噪声有一部分是缩放造成的。"
PRECROPPED = "已裁剪模式：没有查找人脸。"
PATCH_LEAD = "最丰富的图块，以及三个滤波器（SRM）去掉一切平滑内容之后留下的残差：噪声流读取的只有它。"
PATCH_TITLE = "最丰富的图块"
PATCH_ALT = "最丰富的图块，112 × 112 像素，已放大"
KERNELS = (
    ("残差 1", "3 × 3 二阶滤波器"),
    ("残差 2", "5 × 5 二阶滤波器"),
    ("残差 3", "水平方向的二阶差分"),
)
RESIDUAL_ALT = "最丰富图块的{kernel}，按正负着色：小于零为紫色，大于零为绿色"
RAMP = "单位为灰度级，三者共用一个色标；零为透明"
RAMP_ALT = "色标：从负 {limit} 的紫色，经过透明的零，到正 {limit} 的绿色"

# 树
TREE_LEAD = (
    "P(fake) 按相似度分给各条描述，再沿着树逐级求和：每一级加起来都等于上一级。"
    "它只说所列描述中哪一条最近，并不说图片出自哪个程序：近不等于真。"
    "树中的句子是模型读到的原文，为英文。"
)
TREE_FIGURE = "按伪造类型、家族和生成器划分的概率"
TREE_LIST = "各伪造类型、家族和生成器的概率"
ROOT = "照片"
SIDES = {"real": "真实", "fake": "伪造", "photo": "照片"}

# 语言实验室
LAB_LEAD = (
    "语言一侧只知道这些描述，每条四个句子。选一条，改动一个句子，然后按回车键或离开输入框：同一张脸的判定立即更新。"
    "未改动的描述会一直保留，供对照。模型只读英文，所以这些句子和你的改动都用英文写。"
)
LIST_LEGEND = "选择要修改的描述"
LIST_HEAD = ("", "", "真伪", "生成器、伪造类型和家族", "相似度", "P")
EDITED = "已改动"
EDITOR = "修改所选的描述"
SIDE = "它描述的人脸是"
SIDE_CHOICES = (("真实", "real"), ("伪造", "fake"))
LEVEL_LABELS = ("1 · 真伪", "2 · 伪造类型", "3 · 生成器家族", "4 · 生成器")
TOKENS = "词元数，每句最多 {limit} 个："
APPLY = "应用"
ADD = "添加一条描述"
REMOVE = "删除这一条"
RESET = "全部重置"
CHANGE = "你的改动的效果"
CHANGE_HEAD = ("", "改动前", "现在", "变化")
LANGUAGE_MARGIN = "语言间隔"
POINTS = "{points} 个百分点"
NO_CHANGE_YET = "请上传照片，看这些描述对它的判定有什么作用。"
UNEDITED = "没有改动：判定与未改动的描述所得的相同（{words}）。"
WORDS_CHANGED = "判定变了：{before} → {after}。"
WORDS_SAME = "判定的说法不变：{after}。"
HEAD_STAYS = "分类头不读文本，因此它那一部分保持不变。"
LANGUAGE_MUTE = "在这个检查点中，语言没有权重，因此任何改动都不能改变判定。"
BARS_LEAD = "人脸离每条描述有多近"
BARS_AXIS = "人脸与描述的相似度 × 学到的尺度 s（s·v̂·t̂）"
BARS_NAMES = ("真实", "伪造", "改动之前")

# 下方
JSON_OPEN = "JSON 格式的判定"
JSON_BUTTON = "以 JSON 显示这张照片的判定"
JSON_LEAD = (
    "这是端点 `/verdict` 按未改动的描述对这张照片给出的回答；"
    "页脚的“通过 API 使用”（`Use via API`）说明如何调用它。"
)
JSON_LABEL = "判定"
ABOUT = (Path(__file__).parent / "about_zh.md").read_text(encoding="utf-8")
