"""“词语”部分的中文文本：提示词实验室，以及与人脸联动的词语。

Sentences that the model reads stay in English and are taken over from lab_en.
"""

from space.text.lab_en import (
    EVERYDAY,
    EVERYDAY_GENERATOR,
    EVERYDAY_OTHER,
    EVERYDAY_REAL,
    EXPORT_NAME,
    NONSENSE_DOES,
    NONSENSE_PLACES,
    NONSENSE_THINGS,
    UNRELATED,
)

__all__ = [
    "EVERYDAY",
    "EVERYDAY_GENERATOR",
    "EVERYDAY_OTHER",
    "EVERYDAY_REAL",
    "EXPORT_NAME",
    "NONSENSE_DOES",
    "NONSENSE_PLACES",
    "NONSENSE_THINGS",
    "UNRELATED",
]

# 树状列表
BRANCH_COUNT = "{count} 条描述"
BRANCH_ONE = "1 条描述"
BRANCH_SAID = "分支：{name}，{count}"
UNSEEN_LEGEND = "虚线：训练时从未与任何人脸一起出现过的词"
UNSEEN_LINE = "训练中从未见过：{words}。这类词的作用不是从人脸学来的。"
UNSEEN_MORE = "以及另外 {count} 个"

# 编辑区
SCOPE_ROW = "只修改这一条描述。若要修改多条描述共有的句子，请在列表中选择相应的分支。"
SCOPE_BRANCH = "这句话出现在 {count} 条描述中：在此修改会同时改变所有这些描述。"
SCOPE_BRANCH_ONE = "这句话出现在 1 条描述中：在此修改只改变那一条。"
REMOVE_BRANCH = "删除这 {count} 条"
TOKENS_TOO_LONG = "超过 {limit} 个字符"
UNDO = "撤销"
REDO = "重做"
WORDINGS = "所有描述的措辞"
PUBLISHED = "论文原文（重置）"
EVERYDAY_BUTTON = "日常用语"
NONSENSE_BUTTON = "无意义的句子"
WORDINGS_LEAD = (
    "措辞究竟有多大作用？日常用语在树的相同位置表达相同的意思；无意义的句子保留树的形状，却与人脸毫无关系。"
)
PRESET_DONE = {
    "everyday": "所有描述现在都换成了日常用语。“撤销”可恢复你的描述。",
    "nonsense": "所有描述现在都换成了形状相同的无意义句子。“撤销”可恢复你的描述。",
}

# 对照
CONTROL_TITLE = "对照：在相同位置放入无关的句子"
CONTROL_WITHIN = (
    "你的修改使间隔变化 {edit}。在同一位置放入无关的句子，变化为 {low} 至 {high}（平均 {mean}）："
    "你的修改落在这一范围之内，因此起作用的未必是它的含义。"
)
CONTROL_BEYOND = (
    "你的修改使间隔变化 {edit}。在同一位置放入无关的句子，变化为 {low} 至 {high}（平均 {mean}）："
    "你的修改超出了无意义措辞在此处所能造成的变化。"
)
CONTROL_HOW = "{count} 个与人脸无关的固定句子，依次放入{places}。"
CONTROL_PLACES = "你修改过的 {count} 个位置"
CONTROL_PLACE = "你修改过的位置"
CONTROL_KEY = ("你的修改", "一个无关的句子", "没有变化")
CONTROL_ALT = "间隔的变化：你的修改为 {edit}；{count} 个无关句子从 {low} 到 {high}，平均 {mean}"

# 带走
SHARE_OPEN = "带走这些描述：文件或链接"
SHARE_LEAD = (
    "文件是一个 JSON 列表，每条描述一项：它描述的是否为伪造，以及它的四个句子，可由 mfclip.Hierarchy.from_json "
    "读取。链接把描述放在最后一段，浏览器不会把这一段发送给任何服务器。两者都不包含照片。"
)
EXPORT = "保存为 JSON"
IMPORT = "打开 JSON 文件"
LINK = "复制链接"
LINK_FIELD = "指向这些描述的链接"
LINK_PLACE = "请按“复制链接”。"
LINK_READY = "链接已写入下面的文本框；如果浏览器允许，也已复制到剪贴板。"
IMPORTED = "已读取 {count} 条描述。“撤销”可恢复你的描述。"
OPENED = "链接带来了 {count} 条描述。按“论文原文”可恢复检测器自己的描述。"
EXPECTED = '由 {"fake": true 或 false, "sentences": [四个句子]} 组成的列表'
NOT_IMPORTED = "文件未被采用，你的描述保持原样。{problem}"
NOT_OPENED = "链接中的描述未被采用；这里显示的是检测器自己的描述。{problem}"
IMPORT_NONE = "没有收到文件：请选择一个 JSON 文件。"
IMPORT_GONE = "文件已不在服务器上（上传的文件几分钟内就会删除）：请重新提供。"
IMPORT_LARGE = "内容有 {size} 字节，最多读取 {limit} 字节：请删去一些描述或将其缩短。"
IMPORT_BINARY = "内容不是 UTF-8 文本：请以 UTF-8 编码的 JSON 保存描述，与“{export}”相同。"
IMPORT_JSON = "不是有效的 JSON（第 {line} 行，第 {column} 列）；需要{expected}。"
IMPORT_DEEP = "JSON 嵌套过深，或其中的数字过长；需要{expected}。"
IMPORT_LETTERS = "其中有半个字符（孤立的代理项），任何文本都不能包含它：请重新输入那个词。"
LINK_LONG = "链接将有 {size} 个字符，最多允许 {limit} 个：请改为把描述保存为 JSON。"
LINK_CUT = "链接已损坏或被截断：请重新完整复制。"
LINK_LARGE = "链接中的描述超过 {limit} 字节：请减少描述并改用 JSON 文件。"

# 词语与人脸
LINKED_TITLE = "每个词与人脸的每个部分"
LINKED_LEAD = (
    "一个词与人脸上的一个格子在间隔中彼此有多大关系。用指针指向、点按或用 Tab 键移到一个词，"
    "人脸上就显示该词的热图；指向一个格子，或用方向键在人脸上移动，各词就显示该格子的数值。"
)
LINKED_RUN = "联动词语与人脸"
LINKED_STOP = "停止"
LINKED_EMPTY = "尚未计算：需要数秒。按上面的按钮开始。"
LINKED_STALE = "判定此后已经改变。请重新联动词语与人脸，以查看新的结果。"
LINKED_WORKING = "正在联动词语与人脸：已完成 {share}{left}"
LINKED_LEFT = "，大约还需 {seconds} 秒"
LINKED_DONE = "已在 {seconds} 秒内完成联动。"
LINKED_STOPPED = "已停止。"
LINKED_CHOOSE = "描述"
LINKED_WORDS = "该描述的词语"
LINKED_LEVEL = "第 {levels} 级"
LINKED_SHARED = "见于 {count} 条描述"
LINKED_FACE = "人脸上的热图，{cells} 个格子；用方向键逐格移动"
LINKED_OWN = "颜色按这条描述单独拉伸：与其他描述不可比较"
LINKED_START = "请指向一个词或一个格子。"
LINKED_WORD = "“WORD”：合计 SUM；最强处在第 ROW 行第 COLUMN 列：VALUE logit"
LINKED_CELL = "第 ROW 行第 COLUMN 列与“WORD”：VALUE logit；此处最强的词：“OTHER”，MOST"
LINKED_ZERO = "“WORD”与任何格子都没有关系：0 logit"
LINKED_NUMBERS = (
    "所有词语和格子共用一个色标，单位为间隔的 logit。全部数值之和：{sum}；数值误差 {gap}。"
    "多条描述共有的词，对所有这些描述只计一次。"
)
LINKED_MUTE = "语言在此判定中没有权重，因此所有数值都为 0。"
