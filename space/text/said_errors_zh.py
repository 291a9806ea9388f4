"""Why the toolkit cannot do what was asked, and what files beside the weights say, in Simplified Chinese."""

from space.text import en, zh

SAID_ERRORS = {
    en.UPLOAD_GONE: zh.UPLOAD_GONE,
    en.TOO_MANY_BYTES: zh.TOO_MANY_BYTES,
    en.NOT_BASE64: zh.NOT_BASE64,
    "JPEG, PNG or WebP": "JPEG、PNG 或 WebP",
    "a GIF picture": "GIF 图片",
    "a BMP picture": "BMP 图片",
    "a TIFF picture": "TIFF 图片",
    "a PDF document": "PDF 文档",
    "an AVIF picture": "AVIF 图片",
    "a HEIC picture": "HEIC 图片",
    "a video": "视频",
    "a ZIP archive": "ZIP 压缩包",
    "an SVG drawing": "SVG 矢量图",
    "{} is a web address, not a file: save the picture first and give its path.": (
        "{:quoted}是网址，不是文件：请先保存图片，再给出它的路径。"
    ),
    "{} is a folder: give the picture files inside it, for example {}/*.jpg.": (
        "{:quoted}是文件夹：请给出其中的图片文件，例如 {}/*.jpg。"
    ),
    "There is no file {}: check the path and the spelling.": "没有文件{:quoted}：请检查路径和拼写。",
    "{} is not a plain file: give a {} file.": "{:quoted}不是普通文件：请给出 {:said} 文件。",
    "The file {} cannot be opened ({}): check its name and rights.": (
        "文件{:quoted}打不开（{}）：请检查文件名和权限。"
    ),
    "The file {} is empty (0 bytes): get it again and give a {} file.": (
        "文件{:quoted}是空的（0 字节）：请重新取得，再给出 {:said} 文件。"
    ),
    "{} is {}: save it as {} and give that file.": (
        "{:quoted}是 {:said}：请另存为 {:said}，再给出那个文件。"
    ),
    "{} is not a picture this detector can read: give a {} file.": (
        "{:quoted}不是本检测器能读的图片：请给出 {:said} 文件。"
    ),
    (
        "{} is {}×{} pixels, more than the {} megapixels allowed: give a smaller copy, or cut out the part "
        "with the face."
    ): "{:quoted}为 {}×{} 像素，超过所允许的 {} 百万像素：请给出较小的副本，或裁出有人脸的部分。",
    "{} is {}×{} pixels, and at least {}×{} are needed: give the picture at its original size.": (
        "{:quoted}为 {}×{} 像素，而至少需要 {}×{}：请给出原始大小的图片。"
    ),
    "{} holds {}: open it in an image editor and save it as {}.": (
        "{:quoted}含有{:said}：请用图像编辑器打开，再另存为 {:said}。"
    ),
    "{} bytes, and {} are the most": " {} 字节，而最多允许 {} 字节",
    "more than {} scans": "超过 {} 次的扫描",
    "more than {} segments": "超过 {} 个的数据段",
    "more than {} chunks beside its pixels": "像素之外超过 {} 个的数据块",
    "an animation of {} frames: only the first was read": "这是 {} 帧的动画，只读取了第一帧",
    "16-bit values were scaled to 8 bits": "16 位数值已换算为 8 位",
    "transparent parts were laid on white": "透明部分铺在了白色上",
    (
        "{} holds numbers of mode {} outside 0…65535, whose white is unknown: convert it to 8 bits a "
        "channel first."
    ): "{:quoted}的数值（模式 {}）超出 0…65535，不知道哪个是白色：请先转换为每通道 8 位。",
    (
        "{} is damaged or incomplete and cannot be decoded: get the file again, or open it in an image "
        "editor and save it as {}."
    ): "{:quoted}已损坏或不完整，无法解码：请重新取得文件，或用图像编辑器打开后另存为 {:said}。",
    (
        "No face was found in {}. Use a photo in which a face is at least a twentieth of the picture's "
        "width and looks roughly upright, or, if the picture is a face crop already, choose the "
        "pre-cropped mode."
    ): (
        "在{:quoted}中没有找到人脸。请换一张照片：人脸至少占画面宽度的二十分之一，并且大致端正；如果图片已"
        "经是裁好的人脸，请勾选“这张图片已经是裁好的人脸”。"
    ),
    "Face {} was asked for and {} has {}; choose 1 to {}.": (
        "要求的是第 {} 张人脸，而{:quoted}有 {} 张；请选 1 到 {}。"
    ),
    "A description has {} sentences; it needs {}, one for each of: {}. Write exactly these.": (
        "一条描述有 {} 个句子，而需要恰好 {} 个，每级一个：{:listed}。"
    ),
    "The {} sentence is empty; write a sentence or remove the row.": (
        "“{:said}”一级的句子是空的；请写一个句子，或删除这一条。"
    ),
    "The {} sentence has {} characters; at most {} are allowed. Shorten it.": (
        "“{:said}”一级的句子有 {} 个字符，最多允许 {} 个：请缩短。"
    ),
    (
        "The {} sentence holds half a character (a lone surrogate), which no text may hold; write that "
        "word anew."
    ): "“{:said}”一级的句子里有半个字符（孤立的代理项），任何文本都不能包含它：请重新输入那个词。",
    "The hierarchy has {} descriptions; at most {} are allowed. Remove some.": (
        "共有 {} 条描述，最多允许 {} 条：请删去一些。"
    ),
    "The hierarchy has no {} description; add a row marked {}, since a verdict compares the two sides.": (
        "没有标为“{:said}”的描述；请添加一条，因为判定要比较真实与伪造两侧。"
    ),
    "real": "真实",
    "fake": "伪造",
    "It is empty; write 'real' or 'fake' and four sentences, or remove it.": (
        "它是空的；请写上 'real' 或 'fake' 以及四个句子，或将其删除。"
    ),
    "The first cell is {}; write 'real' or 'fake'.": "第一格是 {}；请写 'real' 或 'fake'。",
    "Row {}: {}": "第 {} 行：{:said}",
    'a list of {"fake": true or false, "sentences": [four sentences]}': (
        '由 {"fake": true 或 false, "sentences": [四个句子]} 组成的列表'
    ),
    "The hierarchy is not valid JSON ({}); expected {}.": "不是有效的 JSON（{}）；需要{:said}。",
    "The hierarchy's JSON is nested too deeply; expected {}.": "JSON 嵌套过深；需要{:said}。",
    "a {} with a number of more than 4300 digits": "一个 {}，其中有超过 4300 位的数",
    "The hierarchy is a {}; expected {}.": "内容的类型是 {}；需要{:said}。",
    "Description {} is {}; expected {}.": "第 {0} 条描述是 {1:said}；需要{2:said}。",
    "Description {} has values of the wrong type; expected {}.": (
        "第 {} 条描述中有类型不对的值；需要{:said}。"
    ),
    "Description {}: {}": "第 {} 条描述：{:said}",
    "The sentence “{}” has {} tokens; at most {} are allowed. Shorten it.": (
        "句子“{}”有 {} 个词元，最多允许 {} 个：请缩短。"
    ),
    "the probability lies in the band where the validation photographs of both kinds overlap": (
        "概率落在两类验证照片互相重叠的区间内"
    ),
    "the two readouts, head and language with its constant, point to opposite sides": (
        "两个读数（分类头，以及语言连同常数）指向相反的两侧"
    ),
    "saving the face once more as a JPEG changes the verdict": "把人脸再存一次 JPEG，判定就会改变",
    "{} is {}; allowed: {}.": "{} 为 {}；可用的值：{}。",
    "layer is {}; the {} stream has {}.": "层为 {}；{:said}流有 {}。",
    "Configuration {} has no noise stream; choose the image stream.": "配置 {} 没有噪声流；请选择图像流。",
    (
        "The {} stream of configuration {} folds the whole picture into a single token, so its tokens have "
        "no place on the face; use pixels or occlusion, which need none."
    ): (
        "配置 {1} 的{0:said}流把整张图折成一个词元，因此在人脸上没有位置；请改用“像素”或“遮挡”，它们不需要"
        "位置。"
    ),
    (
        "The published sample pair attention is a table of {} × {} batch slots; there are {} faces and {} "
        "descriptions. Pass at most {} of each."
    ): "已发表的样本对注意力是一张 {}×{} 的批次位置表；这里有 {} 张脸和 {} 条描述，各自最多 {} 个。",
    "The face region cannot move by {} px: it spans {} to {} of {} px; choose a smaller shift.": (
        "人脸区域不能移动 {} px：它占 {3} px 中的 {1} 至 {2}；请选较小的移动。"
    ),
    "The face region is {} px wide and a sweep needs {}: give a larger copy of the photo.": (
        "人脸区域宽 {} px，而这项检验需要 {} px：请上传较大的照片。"
    ),
    (
        "The face fills the photo from side to side ({} of {} px), so its crop cannot be shifted: give a "
        "photo with more around the face, or choose another change."
    ): (
        "人脸从左到右占满了照片（{1} px 中的 {0} px），裁剪框无处可移：请换一张人脸周围留白更多的照片，或选"
        "择另一种改动。"
    ),
}

SAID_CARD = {
    (
        "fitted on {} validation photographs ({} real) by mfclip.training.fit; the head has {} of the "
        "standardised margin; calibrated for one forgery in two photographs"
    ): (
        "在 {} 张验证照片（其中 {} 张真实）上拟合；标准化后的间隔中，分类头占 {}；按照每两张照片有一张伪造"
        "来校准"
    ),
    "not fitted: {}": "没有拟合：{:said}",
    "the published inference code: softmax of the head, cut at one half": (
        "已发表的推理代码：对分类头取 softmax，以一半为界"
    ),
    "It is weakest on {}: AUC {}.": "它对 {} 最弱：AUC 为 {}。",
    "Most false alarms come from {}: {} of its reals.": "误报最多的来源是 {}：其真实照片的 {}。",
    (
        "The test pictures of the main table come from the same sources as the training ones. On a "
        "generator, camera or website it has never seen, a detector of this kind loses most of its skill; "
        "benchmark scores do not carry over."
    ): (
        "主表的测试照片与训练照片来源相同。遇到从未见过的生成器、相机或网站，这类检测器会失去大部分能力；基"
        "准测试的得分不能照搬。"
    ),
    "AUC hides shifts of the score between sources: look at the false alarms of each source too.": (
        "AUC 掩盖了得分在不同来源之间的偏移：还要看每个来源的误报。"
    ),
    "Softness counts as a trace: an enlarged or softened real face can read as forged.": (
        "柔和会被当成痕迹：放大或柔化过的真实人脸可能被读成伪造。"
    ),
    (
        "It looks at one face and at one 112 px patch of it. A forgery elsewhere in the photo is not "
        "looked for."
    ): "它只看一张脸，以及其中一个 112 px 的图块。照片别处的伪造，它不去寻找。",
    "Heavy compression, screenshots, filters and beauty modes remove the noise that one stream lives on.": (
        "高度压缩、截图、滤镜和美颜会去掉噪声，而其中一个流正依赖噪声。"
    ),
    (
        "P(fake) is calibrated for one forgery in two photographs of the validation sources. Where "
        "forgeries are rarer, the same alarm is more often false; calibration is not kept on unknown "
        "sources."
    ): (
        "P(fake) 按照验证来源中每两张照片有一张伪造来校准。伪造更少的地方，同样的警报更常是误报；在未知来源"
        "上，校准不再成立。"
    ),
    (
        "Edited descriptions move the verdict by what training taught about their words, which is not "
        "knowledge."
    ): "改动描述之所以改变判定，靠的是训练时学到的词语用法，而那不是知识。",
    "Fairness over age, gender and skin tone has not been measured: the sources carry no such labels.": (
        "没有测量对不同年龄、性别和肤色是否公平：照片来源没有这类标注。"
    ),
    (
        "Most of the training photographs are for non-commercial research or state no terms, which is why "
        "the weights are not free for commercial use."
    ): "大部分训练照片只供非商业研究使用，或没有说明条款，因此这套权重不能自由用于商业用途。",
    "not fitted: fresh weights": "没有拟合：权重是新初始化的",
}
